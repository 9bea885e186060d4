namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// Waiting requests by their <see cref="QueuedRequest.Key"/>: a treap whose nodes are the requests. The pseudo-random
/// <see cref="QueuedRequest.Level"/> of a request is at most its parent's, so the expected depth is logarithmic
/// whatever the order of arrival.
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

    /// <summary>
    /// The earliest time at which one is overdue; <see cref="TimeSpan.MaxValue"/>: none ever. In a tree that keeps
    /// sums.
    /// </summary>
    public TimeSpan Earliest => _root is null ? TimeSpan.MaxValue : TIndex.Link(_root).Earliest;

    /// <summary>Adds a request that is not in the tree.</summary>
    public void Add(QueuedRequest request)
    {
        // Its links are empty: it was never in the tree, or Remove emptied them.
        TIndex.Link(request).Earliest = request.LapsesAt;
        Rows += request.RowsLeft;
        if (_root is null)
        {
            _root = First = _last = request;
            return;
        }

        // Most arrive in order, and then nothing is searched: behind the last one no sum of rows before a node changes.
        if (_last!.Key < request.Key)
        {
            AddLast(request);
        }
        else
        {
            AddBeforeLast(request);
        }
        while (TIndex.Link(request).Parent is { } parent && parent.Level < request.Level)
        {
            RotateUp(request);
        }
    }

    /// <summary>Takes out a request that is in the tree, with the rows that it has left.</summary>
    public void Remove(QueuedRequest request)
    {
        ref RequestLink link = ref TIndex.Link(request);
        // Turned downwards until one child at most is left to take its place. Of two the higher level comes up, so that
        // no child stands above its parent.
        while (link.Left is { } left && link.Right is { } right)
        {
            RotateUp(left.Level > right.Level ? left : right);
        }
        // While it still hangs there: the sums to correct are those on its way up.
        Shrink(request, request.RowsLeft);
        if (request == First)
        {
            First = After(request);
        }
        if (request == _last)
        {
            _last = BeforeLast(request);
        }
        QueuedRequest? parent = link.Parent;
        Replace(request, parent, link.Left ?? link.Right);
        if (TIndex.KeepsSums && request.LapsesAt != TimeSpan.MaxValue)
        {
            Forget(request.LapsesAt, parent);
        }
        // A request that somebody still holds must not keep those that stood beside it alive.
        link.Parent = null;
        link.Left = null;
        link.Right = null;
        link.RowsBefore = 0;
    }

    /// <summary>Says that a request in the tree has <paramref name="rows"/> fewer left.</summary>
    public void Shrink(QueuedRequest request, int rows)
    {
        Rows -= rows;
        if (!TIndex.KeepsSums)
        {
            return;
        }
        QueuedRequest node = request;
        while (TIndex.Link(node).Parent is { } parent)
        {
            ref RequestLink above = ref TIndex.Link(parent);
            if (above.Left == node)
            {
                above.RowsBefore -= rows;
            }
            node = parent;
        }
    }

    /// <summary>Rows left of the requests before <paramref name="key"/>, in a tree that keeps sums.</summary>
    public long RowsBefore(OrderKey key)
    {
        long rows = 0;
        QueuedRequest? node = _root;
        while (node is not null)
        {
            ref RequestLink link = ref TIndex.Link(node);
            if (node.Key < key)
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

    /// <summary>
    /// The first in order that is overdue at <paramref name="now"/> or before; null when there is none. In a tree that
    /// keeps sums.
    /// </summary>
    public QueuedRequest? FirstOverdue(TimeSpan now)
    {
        if (Earliest > now)
        {
            return null;
        }
        QueuedRequest node = _root!;
        while (true)
        {
            ref RequestLink link = ref TIndex.Link(node);
            if (link.Left is { } left && TIndex.Link(left).Earliest <= now)
            {
                node = left;
            }
            else if (node.LapsesAt <= now)
            {
                return node;
            }
            else
            {
                // One below this node is overdue, and it is neither to the left nor here.
                node = link.Right!;
            }
        }
    }

    /// <summary>All of them, the first one first; the tree must not change meanwhile.</summary>
    public IEnumerable<QueuedRequest> InOrder()
    {
        for (QueuedRequest? request = First; request is not null; request = After(request))
        {
            yield return request;
        }
    }

    private void AddLast(QueuedRequest request)
    {
        QueuedRequest? above = _last;
        TIndex.Link(_last!).Right = request;
        TIndex.Link(request).Parent = _last;
        _last = request;
        if (!TIndex.KeepsSums)
        {
            return;
        }
        while (above is not null && request.LapsesAt < TIndex.Link(above).Earliest)
        {
            ref RequestLink link = ref TIndex.Link(above);
            link.Earliest = request.LapsesAt;
            above = link.Parent;
        }
    }

    private void AddBeforeLast(QueuedRequest request)
    {
        OrderKey key = request.Key;
        QueuedRequest parent;
        QueuedRequest? child = _root;
        bool isBefore;
        do
        {
            parent = child!;
            ref RequestLink link = ref TIndex.Link(parent);
            isBefore = key < parent.Key;
            if (TIndex.KeepsSums && isBefore)
            {
                link.RowsBefore += request.RowsLeft;
            }
            if (TIndex.KeepsSums && request.LapsesAt < link.Earliest)
            {
                link.Earliest = request.LapsesAt;
            }
            child = isBefore ? link.Left : link.Right;
        } while (child is not null);

        TIndex.Link(request).Parent = parent;
        if (isBefore)
        {
            TIndex.Link(parent).Left = request;
        }
        else
        {
            TIndex.Link(parent).Right = request;
        }
        if (isBefore && parent == First)
        {
            First = request;
        }
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
            if (TIndex.KeepsSums)
            {
                above.RowsBefore -= link.RowsBefore + request.RowsLeft;
            }
        }
        else
        {
            moved = link.Left;
            above.Right = moved;
            link.Left = parent;
            if (TIndex.KeepsSums)
            {
                link.RowsBefore += above.RowsBefore + parent.RowsLeft;
            }
        }

        if (moved is not null)
        {
            TIndex.Link(moved).Parent = parent;
        }
        Replace(parent, above.Parent, request);
        above.Parent = request;
        if (!TIndex.KeepsSums)
        {
            return;
        }
        // Below it are now the very requests that were below its parent.
        link.Earliest = above.Earliest;
        above.Earliest = EarliestFrom(parent);
    }

    /// <summary>
    /// Corrects the sums from <paramref name="node"/> upwards when one that is overdue at <paramref name="lapsesAt"/>
    /// has left from below.
    /// </summary>
    private static void Forget(TimeSpan lapsesAt, QueuedRequest? node)
    {
        // Above a node whose earliest is another's, nothing changes.
        while (node is not null && TIndex.Link(node).Earliest == lapsesAt)
        {
            ref RequestLink link = ref TIndex.Link(node);
            link.Earliest = EarliestFrom(node);
            node = link.Parent;
        }
    }

    private static TimeSpan EarliestFrom(QueuedRequest node)
    {
        ref RequestLink link = ref TIndex.Link(node);
        TimeSpan earliest = node.LapsesAt;
        if (link.Left is { } left && TIndex.Link(left).Earliest < earliest)
        {
            earliest = TIndex.Link(left).Earliest;
        }
        if (link.Right is { } right && TIndex.Link(right).Earliest < earliest)
        {
            earliest = TIndex.Link(right).Earliest;
        }
        return earliest;
    }

    /// <summary>
    /// Hangs <paramref name="with"/> below <paramref name="parent"/>, or at the root, where <paramref name="request"/>
    /// hung.
    /// </summary>
    private void Replace(QueuedRequest request, QueuedRequest? parent, QueuedRequest? with)
    {
        if (with is not null)
        {
            TIndex.Link(with).Parent = parent;
        }
        if (parent is null)
        {
            _root = with;
            return;
        }

        ref RequestLink link = ref TIndex.Link(parent);
        if (link.Left == request)
        {
            link.Left = with;
        }
        else
        {
            link.Right = with;
        }
    }

    /// <summary>What follows a request that is in the tree; null behind the last one.</summary>
    public static QueuedRequest? After(QueuedRequest request)
    {
        if (TIndex.Link(request).Right is { } next)
        {
            while (TIndex.Link(next).Left is { } earlier)
            {
                next = earlier;
            }
            return next;
        }

        QueuedRequest node = request;
        QueuedRequest? above = TIndex.Link(node).Parent;
        while (above is not null && TIndex.Link(above).Right == node)
        {
            node = above;
            above = TIndex.Link(node).Parent;
        }

        return above;
    }

    /// <summary>What precedes the last request, which has nothing to its right.</summary>
    private static QueuedRequest? BeforeLast(QueuedRequest last)
    {
        ref RequestLink link = ref TIndex.Link(last);
        if (link.Left is not { } previous)
        {
            return link.Parent;
        }
        while (TIndex.Link(previous).Right is { } later)
        {
            previous = later;
        }
        return previous;
    }
}
