using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.AspNetBaseline;

/// <summary>Buffers bound to a session for one set of shapes. Most requests repeat the shapes, so it is kept.</summary>
internal sealed class TensorBinding : IDisposable
{
    private static readonly RunOptions Options = new();

    private readonly ServedModel model;
    private readonly OrtIoBinding binding;
    private readonly List<OrtValue> values = [];
    private readonly List<AlignedBuffer> buffers = [];

    public TensorBinding(ServedModel model, RequestHeader header, nint body, ReadOnlySpan<int> offsets)
    {
        this.model = model;
        Body = body;
        binding = model.Session.CreateIoBinding();
        for (var i = 0; i < offsets.Length; i++)
        {
            var input = header.Inputs[i];
            var value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance,
                input.Type!.Element,
                input.Shape.ToArray(),
                body + offsets[i],
                input.Size
            );
            values.Add(value);
            binding.BindInput(model.Inputs[input.Model].Name, value);
        }

        var shapes = new long[]?[header.Outputs.Length];
        for (var i = 0; i < shapes.Length; i++)
        {
            shapes[i] = OutputShape.Resolve(model.Outputs[header.Outputs[i].Model], model, header.Inputs);
        }
        IsPreallocated = Array.TrueForAll(shapes, shape => shape is not null);
        for (var i = 0; i < shapes.Length; i++)
        {
            BindOutput(model.Outputs[header.Outputs[i].Model], shapes[i]);
        }
    }

    public nint Body { get; }

    public bool IsPreallocated { get; }

    /// <summary>Runs the session on the calling thread; dispose the result when it has been written.</summary>
    public RunResult Run()
    {
        model.Session.RunWithBinding(Options, binding);
        return IsPreallocated
            ? new RunResult(values, values.Count - buffers.Count, null)
            : new RunResult(null, 0, binding.GetOutputValues());
    }

    public void Dispose()
    {
        binding.Dispose();
        values.ForEach(value => value.Dispose());
        buffers.ForEach(buffer => buffer.Dispose());
    }

    private void BindOutput(ModelTensor output, long[]? shape)
    {
        if (!IsPreallocated)
        {
            binding.BindOutputToDevice(output.Name, OrtMemoryInfo.DefaultInstance);
            return;
        }

        var bytes = checked(
            (int)(shape!.Aggregate(1L, (product, length) => checked(product * length)) * output.Type.Size)
        );
        var buffer = new AlignedBuffer();
        buffers.Add(buffer);
        buffer.Reserve(bytes);
        var value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            output.Type.Element,
            shape!,
            buffer.Start,
            bytes
        );
        values.Add(value);
        binding.BindOutput(output.Name, value);
    }
}
