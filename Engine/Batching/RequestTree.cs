namespace OrleansInference.Engine.Batching;

/// <summary>
/// Waiting requests in order: a treap whose nodes are the requests. The pseudo-random <see cref="QueuedRequest.Level"/>
/// of a request is at most its parent's, so the expected depth is logarithmic whatever the order of arrival.
/// </summary>
internal sealed class RequestTree<TIndex>
    where TIndex : struct, IRequestIndex
{
    private QueuedRequest? _root;
    private QueuedRequest? _last;

    /// <summary>The first in order; null when there is none.</summary>
    public QueuedRequest? First { get; private set; }

    /// <summary>Rows left of all of them.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a request that is not in the tree.</summary>
    public void Add(QueuedRequest request)
    {
        TIndex.Link(request) = default;
        Rows += request.RowsLeft;
        if (_root is null)
        {
            _root = First = _last = request;
            return;
        }

        // Most arrive in order, and then nothing is searched: behind the last one no sum of rows before a node changes.
        if (TIndex.Key(_last!) < TIndex.Key(request)) AddLast(request);
        else AddBeforeLast(request);
        while (TIndex.Link(request).Parent is { } parent && parent.Level < request.Level) RotateUp(request);
    }

    /// <summary>Takes out a request that is in the tree, with the rows that it has left.</summary>
    public void Remove(QueuedRequest request)
    {
        ref RequestLink link = ref TIndex.Link(request);
        while (link.Left is { } left && link.Right is { } right) RotateUp(left.Level > right.Level ? left : right);
        Shrink(request, request.RowsLeft);
        if (request == First) First = Next(request);
        if (request == _last) _last = Previous(request);
        QueuedRequest? child = link.Left ?? link.Right;
        Replace(request, link.Parent, child);
        // A request that somebody still holds must not keep those that stood beside it alive.
        link = default;
    }

    /// <summary>Says that a request in the tree has <paramref name="rows"/> fewer left.</summary>
    public void Shrink(QueuedRequest request, int rows)
    {
        Rows -= rows;
        if (!TIndex.CountsRows) return;
        QueuedRequest node = request;
        while (TIndex.Link(node).Parent is { } parent)
        {
            ref RequestLink above = ref TIndex.Link(parent);
            if (above.Left == node) above.RowsBefore -= rows;
            node = parent;
        }
    }

    /// <summary>Rows left of the requests before <paramref name="key"/>, in a tree that counts rows.</summary>
    public long RowsBefore(OrderKey key)
    {
        long rows = 0;
        QueuedRequest? node = _root;
        while (node is not null)
        {
            ref RequestLink link = ref TIndex.Link(node);
            if (TIndex.Key(node) < key)
            {
                rows += link.RowsBefore + node.RowsLeft;
                node = link.Right;
            }
            else
            {
                node = link.Left;
            }
        }

        return rows;
    }

    private void AddLast(QueuedRequest request)
    {
        TIndex.Link(_last!).Right = request;
        TIndex.Link(request).Parent = _last;
        _last = request;
    }

    private void AddBeforeLast(QueuedRequest request)
    {
        OrderKey key = TIndex.Key(request);
        QueuedRequest parent;
        QueuedRequest? child = _root;
        bool isBefore;
        do
        {
            parent = child!;
            ref RequestLink link = ref TIndex.Link(parent);
            isBefore = key < TIndex.Key(parent);
            if (TIndex.CountsRows && isBefore) link.RowsBefore += request.RowsLeft;
            child = isBefore ? link.Left : link.Right;
        }
        while (child is not null);

        TIndex.Link(request).Parent = parent;
        if (isBefore) TIndex.Link(parent).Left = request;
        else TIndex.Link(parent).Right = request;
        if (isBefore && parent == First) First = request;
    }

    /// <summary>Puts a request in its parent's place and the parent below it; the order stays.</summary>
    private void RotateUp(QueuedRequest request)
    {
        ref RequestLink link = ref TIndex.Link(request);
        QueuedRequest parent = link.Parent!;
        ref RequestLink above = ref TIndex.Link(parent);
        QueuedRequest? moved;
        if (above.Left == request)
        {
            moved = link.Right;
            above.Left = moved;
            link.Right = parent;
            if (TIndex.CountsRows) above.RowsBefore -= link.RowsBefore + request.RowsLeft;
        }
        else
        {
            moved = link.Left;
            above.Right = moved;
            link.Left = parent;
            if (TIndex.CountsRows) link.RowsBefore += above.RowsBefore + parent.RowsLeft;
        }

        if (moved is not null) TIndex.Link(moved).Parent = parent;
        Replace(parent, above.Parent, request);
        above.Parent = request;
    }

    /// <summary>Hangs <paramref name="with"/> below <paramref name="parent"/>, or at the root, where <paramref name="request"/> hung.</summary>
    private void Replace(QueuedRequest request, QueuedRequest? parent, QueuedRequest? with)
    {
        if (with is not null) TIndex.Link(with).Parent = parent;
        if (parent is null)
        {
            _root = with;
            return;
        }

        ref RequestLink link = ref TIndex.Link(parent);
        if (link.Left == request) link.Left = with;
        else link.Right = with;
    }

    /// <summary>What follows the first request, which has nothing to its left.</summary>
    private static QueuedRequest? Next(QueuedRequest first)
    {
        ref RequestLink link = ref TIndex.Link(first);
        if (link.Right is not { } next) return link.Parent;
        while (TIndex.Link(next).Left is { } earlier) next = earlier;
        return next;
    }

    /// <summary>What precedes the last request, which has nothing to its right.</summary>
    private static QueuedRequest? Previous(QueuedRequest last)
    {
        ref RequestLink link = ref TIndex.Link(last);
        if (link.Left is not { } previous) return link.Parent;
        while (TIndex.Link(previous).Right is { } later) previous = later;
        return previous;
    }
}
