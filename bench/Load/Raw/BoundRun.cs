using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.Load.Raw;

/// <summary>One caller's inputs and outputs, bound once; a run allocates nothing.</summary>
internal sealed class BoundRun : IDisposable
{
    private static readonly RunOptions Options = new();

    private readonly InferenceSession session;
    private readonly OrtIoBinding binding;
    private readonly List<OrtValue> values = [];
    private readonly int firstOutput;

    public BoundRun(InferenceSession session, ModelFile model, int batch)
    {
        this.session = session;
        binding = session.CreateIoBinding();
        var rows = new float[model.Row.Length * batch];
        for (var i = 0; i < batch; i++)
        {
            model.Row.CopyTo(rows, i * model.Row.Length);
        }
        values.Add(OrtValue.CreateTensorValueFromMemory(rows, model.Shape(batch)));
        binding.BindInput(model.InputName, values[0]);
        firstOutput = values.Count;
        BindOutputs(model);
    }

    public ReadOnlySpan<float> FirstOutput => values[firstOutput].GetTensorDataAsSpan<float>();

    public void Run() => session.RunWithBinding(Options, binding);

    public void Dispose()
    {
        binding.Dispose();
        values.ForEach(value => value.Dispose());
    }

    private void BindOutputs(ModelFile model)
    {
        // One run tells the shapes; from then on the outputs stay where they are.
        foreach (var name in model.OutputNames)
        {
            binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
        }
        Run();
        using var found = binding.GetOutputValues();
        var shapes = found.Select(output => output.GetTensorTypeAndShape()).ToArray();
        binding.ClearBoundOutputs();
        for (var i = 0; i < shapes.Length; i++)
        {
            var value = OrtValue.CreateAllocatedTensorValue(
                OrtAllocator.DefaultInstance,
                shapes[i].ElementDataType,
                shapes[i].Shape
            );
            values.Add(value);
            binding.BindOutput(model.OutputNames[i], value);
        }
    }
}
