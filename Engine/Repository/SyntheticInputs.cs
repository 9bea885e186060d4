using System.Runtime.InteropServices;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Made-up requests that fit a model, for its warm-up: small values that are safe as indices, and different in each
/// row.
/// </summary>
internal static class SyntheticInputs
{
    /// <summary>
    /// A request of <paramref name="rows"/> rows in which free dimensions are <paramref name="freeDimension"/>.
    /// </summary>
    /// <param name="signature">Of the model.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="freeDimension">The size of free dimensions.</param>
    /// <param name="seed">Of the contents.</param>
    /// <param name="magnitude">What floats, which are from 0 to 1, are multiplied with.</param>
    public static QueuedInference Create(
        ModelSignature signature,
        int rows,
        int freeDimension,
        int seed,
        float magnitude = 1
    )
    {
        Tensor?[] inputs = new Tensor?[signature.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (!signature.Inputs[i].IsOptional)
            {
                inputs[i] = Tensor(signature.Inputs[i], rows, freeDimension, new Random(seed + i), magnitude);
            }
        }

        return Queued(inputs, rows);
    }

    /// <summary>A request to a served model.</summary>
    public static InferenceCall Request(IServedModel model, int rows, int seed) =>
        Create(model.Signature, rows, freeDimension: 1, seed).Request with
        {
            ModelName = model.Name,
            ModelVersion = model.Version,
        };

    /// <summary>The rows of several requests in one.</summary>
    public static QueuedInference Concat(ModelSignature signature, params QueuedInference[] parts)
    {
        Tensor?[] inputs = new Tensor?[signature.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (parts[0].Inputs[i] is not { } first)
            {
                continue;
            }
            long[] shape = first.Shape.ToArray();
            shape[0] = parts.Sum(part => part.Rows);
            byte[] contents = [.. parts.SelectMany(part => part.Inputs[i]!.Data.ToArray())];
            inputs[i] = new Tensor(first.Name, first.Datatype, shape, contents);
        }

        return Queued(inputs, parts.Sum(part => part.Rows));
    }

    private static QueuedInference Queued(Tensor?[] inputs, int rows) =>
        new(
            new InferenceCall { ModelName = "", Inputs = [.. inputs.OfType<Tensor>()] },
            inputs,
            rows,
            ShapeSignature.Fixed
        );

    private static Tensor Tensor(TensorSpec spec, int rows, int freeDimension, Random random, float magnitude)
    {
        long[] shape = [.. spec.Dimensions.Select(dimension => dimension < 0 ? freeDimension : dimension)];
        if (spec.IsBatched)
        {
            shape[0] = rows;
        }
        if (
            !TensorShape.TryCount(shape, out long elements)
            || elements * Math.Max(1, spec.Datatype.ElementSize()) > 1 << 28
        )
        {
            throw new ModelLoadException(
                $"input '{spec.Name}' of shape {TensorShape.Format(shape)} is too large for a warm-up"
            );
        }

        return new Tensor(spec.Name, spec.Datatype, shape, Contents(spec.Datatype, (int)elements, random, magnitude));
    }

    /// <summary>Made-up contents of a tensor; floats are from 0 to <paramref name="magnitude"/>.</summary>
    public static byte[] Contents(TensorDatatype datatype, int elements, Random random, float magnitude = 1)
    {
        if (datatype == TensorDatatype.Bytes)
        {
            byte[] zeros = new byte[elements * (BytesElements.PrefixSize + 1)];
            for (int i = 0; i < elements; i++)
            {
                BytesElements.Write(zeros.AsSpan(i * (BytesElements.PrefixSize + 1)), "0"u8);
            }
            return zeros;
        }

        byte[] bytes = new byte[elements * datatype.ElementSize()];
        Span<byte> span = bytes;
        float Next() => random.NextSingle() * magnitude;
        switch (datatype)
        {
            case TensorDatatype.Fp32:
                foreach (ref float value in MemoryMarshal.Cast<byte, float>(span))
                {
                    value = Next();
                }
                break;
            case TensorDatatype.Fp64:
                foreach (ref double value in MemoryMarshal.Cast<byte, double>(span))
                {
                    value = random.NextDouble() * magnitude;
                }
                break;
            case TensorDatatype.Fp16:
                foreach (ref Half value in MemoryMarshal.Cast<byte, Half>(span))
                {
                    value = (Half)Next();
                }
                break;
            case TensorDatatype.Bf16:
                // The upper half of a float is a bfloat16.
                foreach (ref ushort value in MemoryMarshal.Cast<byte, ushort>(span))
                {
                    value = (ushort)(BitConverter.SingleToUInt32Bits(Next()) >> 16);
                }

                break;
            default:
                for (int i = 0; i < bytes.Length; i += datatype.ElementSize())
                {
                    bytes[i] = (byte)random.Next(2);
                }
                break;
        }

        return bytes;
    }
}
