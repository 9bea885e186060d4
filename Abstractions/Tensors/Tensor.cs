namespace OrleansInference;

/// <summary>
/// One named tensor: datatype, shape and its bytes, little-endian and row major, <c>BYTES</c> elements each behind a
/// uint32 length. Immutable; over memory of the caller's own, or over a pooled <see cref="TensorBuffer"/> that
/// <see cref="Dispose"/> gives back.
/// </summary>
/// <remarks>
/// A request's tensors stay the caller's. Those of a result live until the result is disposed.
/// </remarks>
public sealed partial class Tensor : IDisposable
{
    private readonly long[] _shape;
    private readonly ReadOnlyMemory<byte> _data;
    private TensorBuffer? _owner;
    private int _disposed;

    /// <summary>A tensor over the caller's own memory, which must not change until the call has ended.</summary>
    public Tensor(string name, TensorDatatype datatype, long[] shape, ReadOnlyMemory<byte> data)
        : this(name, datatype, shape, data, owner: null) { }

    /// <summary>A tensor over pooled memory; takes over one reference of <paramref name="owner"/>.</summary>
    public Tensor(string name, TensorDatatype datatype, long[] shape, ReadOnlyMemory<byte> data, TensorBuffer? owner)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        Name = name;
        Datatype = datatype;
        _shape = shape;
        _data = data;
        _owner = owner;
    }

    /// <summary>The input's or output's name in the model.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public TensorDatatype Datatype { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The raw contents.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public ReadOnlyMemory<byte> Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _data;
        }
    }

    /// <summary>Bytes of raw contents.</summary>
    public int ByteLength => _data.Length;

    /// <summary>
    /// Whether the codec releases the tensor once it is written to the wire. That is the sending silo's last use of a
    /// response that goes to another process.
    /// </summary>
    internal bool ReleaseWhenSerialized { get; set; }

    /// <summary>A tensor over the same bytes from <paramref name="start"/>, holding its own reference.</summary>
    public Tensor Slice(long[] shape, int start, int length) =>
        new(Name, Datatype, shape, Data.Slice(start, length), _owner?.AddReference());

    /// <summary>The same contents under another name, holding its own reference.</summary>
    public Tensor WithName(string name) => WithName(name, _shape);

    /// <summary>The same elements under another name and shape, holding its own reference.</summary>
    public Tensor WithName(string name, long[] shape) => new(name, Datatype, shape, Data, _owner?.AddReference());

    /// <summary>Gives the pooled memory back. Safe to call more than once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        Interlocked.Exchange(ref _owner, null)?.Dispose();
    }

    /// <inheritdoc />
    public override string ToString() => $"{Name}: {Datatype.WireName()} {TensorShape.Format(_shape)}";
}
