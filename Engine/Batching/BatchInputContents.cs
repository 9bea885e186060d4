using System.Runtime.InteropServices;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Batching;
using Kind = OrleansInference.Protocol.BatchInput.Types.Kind;

namespace OrleansInference.Engine.Batching;

/// <summary>What a batch input holds for the requests of a run, as Triton fills it in. Pure.</summary>
internal static class BatchInputContents
{
    /// <summary>Makes it. The caller disposes the buffer.</summary>
    /// <param name="spec">What it says.</param>
    /// <param name="entries">Whole requests, each with the source input.</param>
    /// <exception cref="OverflowException">A count is more than the datatype holds.</exception>
    public static (long[] Shape, TensorBuffer Buffer) Create(
        BatchInputSpec spec,
        List<BatchEntry<QueuedInference>> entries
    )
    {
        if (spec.Kind == Kind.BatchMaxElementCountAsShape)
        {
            long largest = entries.Max(entry => Elements(entry, spec.Source));
            TensorBuffer empty = TensorBuffer.Rent(checked((int)largest * spec.Datatype.ElementSize()));
            empty.Span.Clear();
            return ([largest], empty);
        }
        List<long> numbers = Numbers(spec, entries);
        long[] shape = [numbers.Count];
        if (spec.Kind == Kind.BatchItemShape)
        {
            int rank = Shape(entries[0], spec.Source).Length - 1;
            shape = [entries.Sum(entry => Shape(entry, spec.Source)[0]), rank];
        }
        return (shape, Write(spec.Datatype, numbers));
    }

    private static List<long> Numbers(BatchInputSpec spec, List<BatchEntry<QueuedInference>> entries)
    {
        List<long> numbers = [];
        long sum = 0;
        if (spec.Kind == Kind.BatchAccumulatedElementCountWithZero)
        {
            numbers.Add(0);
        }
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            long count = Elements(entry, spec.Source);
            sum = checked(sum + count);
            switch (spec.Kind)
            {
                case Kind.BatchElementCount:
                    numbers.Add(count);
                    break;
                case Kind.BatchItemShape or Kind.BatchItemShapeFlatten:
                    AddItems(numbers, Shape(entry, spec.Source));
                    break;
                default:
                    numbers.Add(sum);
                    break;
            }
        }
        return numbers;
    }

    /// <summary>The shape of an item for each row of the request.</summary>
    private static void AddItems(List<long> numbers, ReadOnlySpan<long> shape)
    {
        for (long row = 0; row < shape[0]; row++)
        {
            numbers.AddRange(shape[1..]);
        }
    }

    private static TensorBuffer Write(TensorDatatype datatype, List<long> numbers)
    {
        TensorBuffer buffer = TensorBuffer.Rent(checked(numbers.Count * datatype.ElementSize()));
        if (datatype == TensorDatatype.Int32)
        {
            Span<int> integers = MemoryMarshal.Cast<byte, int>(buffer.Span);
            for (int i = 0; i < numbers.Count; i++)
            {
                integers[i] = checked((int)numbers[i]);
            }
            return buffer;
        }
        Span<float> floats = MemoryMarshal.Cast<byte, float>(buffer.Span);
        for (int i = 0; i < numbers.Count; i++)
        {
            floats[i] = numbers[i];
        }
        return buffer;
    }

    private static ReadOnlySpan<long> Shape(BatchEntry<QueuedInference> entry, int source) =>
        entry.Request.Inputs[source]!.Shape;

    /// <summary>Elements of a request's input.</summary>
    public static long Elements(BatchEntry<QueuedInference> entry, int source)
    {
        TensorShape.TryCount(Shape(entry, source), out long elements);
        return elements;
    }
}
