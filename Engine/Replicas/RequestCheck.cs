using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Replicas;

/// <summary>Checks a request against a model, before it may queue. Pure.</summary>
internal static class RequestCheck
{
    /// <summary>The request ready to queue, or null and what is wrong with it.</summary>
    public static QueuedInference? Check(InferenceCall request, ModelSignature model, out string error)
    {
        if (CheckOutputs(request, model) is { } outputError)
        {
            return Fail(outputError, out error);
        }
        Tensor?[] inputs = new Tensor?[model.Inputs.Length];
        foreach (Tensor tensor in request.Inputs)
        {
            int index = IndexOf(model.Inputs, tensor.Name);
            if (index < 0)
            {
                return Fail(
                    $"unexpected input '{tensor.Name}' for model '{request.ModelName}'; its inputs are: "
                        + $"{Names(model.Inputs)}",
                    out error
                );
            }
            if (inputs[index] is not null)
            {
                return Fail($"input '{tensor.Name}' is given twice", out error);
            }
            if (CheckTensor(tensor, model.Inputs[index], request.ModelName) is { } tensorError)
            {
                return Fail(tensorError, out error);
            }
            inputs[index] = tensor;
        }

        long rows = -1;
        bool alone = !model.IsBatched;
        bool varies = false;
        for (int i = 0; i < inputs.Length; i++)
        {
            TensorSpec spec = model.Inputs[i];
            if (inputs[i] is not { } tensor)
            {
                if (!spec.IsOptional)
                {
                    return Fail(MissingInputs.Describe(request, model), out error);
                }
                continue;
            }

            // An optional input belongs to its request as a whole: other requests' rows must not meet it.
            alone |= spec.IsOptional;
            varies |= !spec.IsFixed && !spec.IsRagged;
            if (!spec.IsBatched)
            {
                continue;
            }
            if (rows >= 0 && rows != tensor.Shape[0])
            {
                return Fail(
                    $"inputs disagree on the batch dimension: '{spec.Name}' has {tensor.Shape[0]} rows, "
                        + $"another has {rows}",
                    out error
                );
            }

            rows = tensor.Shape[0];
        }

        if (rows > int.MaxValue)
        {
            return Fail($"{rows} rows are more than a request may have", out error);
        }
        if (model.IsRagged && rows > model.MaxBatchSize)
        {
            return Fail(
                $"inference request batch-size must be <= {model.MaxBatchSize} for '{request.ModelName}', it is {rows}",
                out error
            );
        }
        bool empty = model.IsBatched && rows == 0;
        error = "";
        ShapeSignature signature =
            alone || empty ? ShapeSignature.Unique()
            : varies ? Signature(inputs, model)
            : ShapeSignature.Fixed;
        return new QueuedInference(request, inputs, model.IsBatched && rows > 0 ? (int)rows : 1, signature)
        {
            HasNoElements = empty,
        };
    }

    private static QueuedInference? Fail(string message, out string error)
    {
        error = message;
        return null;
    }

    private static string? CheckOutputs(InferenceCall request, ModelSignature model)
    {
        foreach (string name in request.RequestedOutputs)
        {
            if (IndexOf(model.Outputs, name) < 0)
            {
                return $"unexpected inference output '{name}' for model '{request.ModelName}'; its outputs are: "
                    + $"{Names(model.Outputs)}";
            }
        }

        return null;
    }

    private static string? CheckTensor(Tensor tensor, TensorSpec spec, string model)
    {
        if (tensor.Datatype != spec.Datatype)
        {
            return $"input '{tensor.Name}' of model '{model}' has datatype {tensor.Datatype.WireName()}, "
                + $"expected {spec.Datatype.WireName()}";
        }

        if (!TensorShape.TryCount(tensor.Shape, out long elements))
        {
            return $"input '{tensor.Name}' has shape {TensorShape.Format(tensor.Shape)}; dimensions must be "
                + $"0 or more and their product must fit 63 bits";
        }

        if (!Fits(tensor.Shape, spec))
        {
            return $"unexpected shape for input '{tensor.Name}' for model '{model}'. Expected "
                + $"{TensorShape.Format(spec.Dimensions)}, got {TensorShape.Format(tensor.Shape)}";
        }

        return CheckBytes(tensor, elements, model);
    }

    private static string? CheckBytes(Tensor tensor, long elements, string model)
    {
        if (tensor.Datatype == TensorDatatype.Bytes)
        {
            if (!BytesElements.TryCount(tensor.Data.Span, out long found))
            {
                return $"input '{tensor.Name}' has a BYTES element whose length reaches past the end of its "
                    + $"{tensor.ByteLength} bytes";
            }

            string input = $"for inference input '{tensor.Name}' for model '{model}'";
            string shape = $"its shape is {TensorShape.Format(tensor.Shape)}";
            return found == elements ? null
                : found < elements ? $"expected {elements} string elements {input}, got {found}: {shape}"
                : $"unexpected number of string elements {found} {input}, expecting {elements}: {shape}";
        }

        // The elements fit 63 bits, their bytes need not.
        UInt128 bytes = (UInt128)elements * (uint)tensor.Datatype.ElementSize();
        return bytes == (uint)tensor.ByteLength
            ? null
            : $"input byte size mismatch for input '{tensor.Name}' for model '{model}'. Expected {bytes}, "
                + $"got {tensor.ByteLength}: its shape {TensorShape.Format(tensor.Shape)} of "
                + $"{tensor.Datatype.WireName()} asks for {bytes} bytes";
    }

    private static bool Fits(ReadOnlySpan<long> shape, TensorSpec spec)
    {
        if (shape.Length != spec.Dimensions.Length)
        {
            return false;
        }
        for (int i = 0; i < shape.Length; i++)
        {
            if (spec.Dimensions[i] >= 0 && spec.Dimensions[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private static ShapeSignature Signature(Tensor?[] inputs, ModelSignature model)
    {
        List<long> dimensions = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is not { } tensor)
            {
                dimensions.Add(-1);
                continue;
            }

            if (model.Inputs[i].IsRagged)
            {
                continue;
            }
            ReadOnlySpan<long> rest = tensor.Shape[(model.Inputs[i].IsBatched ? 1 : 0)..];
            dimensions.Add(rest.Length);
            dimensions.AddRange(rest);
        }

        return new ShapeSignature([.. dimensions]);
    }

    /// <summary>Without a closure: every tensor of every request asks.</summary>
    private static int IndexOf(TensorSpec[] specs, string name)
    {
        for (int i = 0; i < specs.Length; i++)
        {
            if (specs[i].Name == name)
            {
                return i;
            }
        }
        return -1;
    }

    private static string Names(TensorSpec[] specs) => string.Join(", ", specs.Select(spec => spec.Name));
}
