using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace OrleansInference.Onnx.RowIndependence;

/// <summary>
/// A size or an integer that a graph computes: <c>factor × N^exponent × symbols</c>. N is the number of rows. Each
/// symbol stands for one size that is the same for any number of rows.
/// </summary>
internal sealed class SymbolicSize : IEquatable<SymbolicSize>
{
    private readonly ImmutableArray<int> _symbols;

    private SymbolicSize(long factor, int exponent, ImmutableArray<int> symbols)
    {
        Factor = factor;
        Exponent = factor == 0 ? 0 : exponent;
        _symbols = factor == 0 ? [] : symbols;
    }

    /// <summary>The number of rows, N.</summary>
    public static SymbolicSize Rows { get; } = new(1, 1, []);

    /// <summary>1.</summary>
    public static SymbolicSize One { get; } = Of(1);

    /// <summary>The number in front; negative where a shape holds −1.</summary>
    public long Factor { get; }

    /// <summary>The power of N.</summary>
    public int Exponent { get; }

    /// <summary>Whether it is a plain number.</summary>
    public bool IsConstant => Exponent == 0 && _symbols.IsEmpty;

    /// <summary>Whether it is a negative number.</summary>
    public bool IsNegative => IsConstant && Factor < 0;

    /// <summary>Whether it may be negative: a size cannot, an integer that the graph computes can.</summary>
    public bool MayBeNegative => Factor < 0 || _symbols.Any(symbol => symbol < 0);

    /// <summary>Whether it changes with the number of rows.</summary>
    public bool CountsRows => Exponent != 0;

    /// <summary>A plain number.</summary>
    public static SymbolicSize Of(long number) => new(number, 0, []);

    /// <summary>
    /// A size of its own that does not depend on the rows; one with a negative <paramref name="id"/> may be any
    /// integer.
    /// </summary>
    public static SymbolicSize Symbol(int id) => new(1, 0, [id]);

    /// <summary>The product of all sizes; 1 of none.</summary>
    public static SymbolicSize Product(IEnumerable<SymbolicSize> sizes) =>
        sizes.Aggregate(One, (product, size) => product.Times(size));

    /// <summary>The product.</summary>
    /// <exception cref="OverflowException">Its factor does not fit 64 bits.</exception>
    public SymbolicSize Times(SymbolicSize other) =>
        new(checked(Factor * other.Factor), Exponent + other.Exponent, [.. _symbols.Concat(other._symbols).Order()]);

    /// <summary>The quotient, where it is exact whatever the symbols stand for.</summary>
    public bool TryDivide(SymbolicSize divisor, [NotNullWhen(true)] out SymbolicSize? quotient)
    {
        quotient = null;
        if (divisor.Factor == 0 || Factor % divisor.Factor != 0 || Exponent < divisor.Exponent)
        {
            return false;
        }
        List<int> left = [.. _symbols];
        foreach (int symbol in divisor._symbols)
        {
            if (!left.Remove(symbol))
            {
                return false;
            }
        }

        quotient = new SymbolicSize(Factor / divisor.Factor, Exponent - divisor.Exponent, [.. left]);
        return true;
    }

    /// <summary>Whether it is this plain number.</summary>
    public bool Is(long number) => IsConstant && Factor == number;

    /// <inheritdoc />
    public bool Equals(SymbolicSize? other) =>
        other is not null
        && Factor == other.Factor
        && Exponent == other.Exponent
        && _symbols.SequenceEqual(other._symbols);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SymbolicSize);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Factor, Exponent, _symbols.Length);

    /// <inheritdoc />
    public override string ToString() => string.Join('·', Terms());

    private IEnumerable<string> Terms()
    {
        if (Factor != 1 || (Exponent == 0 && _symbols.IsEmpty))
        {
            yield return $"{Factor}";
        }
        for (int i = 0; i < Exponent; i++)
        {
            yield return "N";
        }
        foreach (int symbol in _symbols)
        {
            yield return $"s{symbol}";
        }
    }
}
