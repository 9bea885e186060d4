using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace OrleansInference.AspNetBaseline;

/// <summary>One session and the slots, with their buffers, that its requests borrow.</summary>
internal sealed class ServedModel : IDisposable
{
    /// <summary>Last in, first out: the buffers used most recently are the ones still in the caches.</summary>
    private readonly ConcurrentStack<InferSlot> idle = new();

    public ServedModel(string name, string path)
    {
        Name = name;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        Session = new InferenceSession(path, options);
        Inputs = [.. Session.InputNames.Select(input => new ModelTensor(input, Session.InputMetadata[input]))];
        Outputs = [.. Session.OutputNames.Select(output => new ModelTensor(output, Session.OutputMetadata[output]))];
    }

    public string Name { get; }

    public InferenceSession Session { get; }

    public ModelTensor[] Inputs { get; }

    public ModelTensor[] Outputs { get; }

    public InferSlot Rent() => idle.TryPop(out var slot) ? slot : new InferSlot(this);

    public void Return(InferSlot slot) => idle.Push(slot);

    public void Dispose()
    {
        while (idle.TryPop(out var slot))
        {
            slot.Dispose();
        }
        Session.Dispose();
    }
}
