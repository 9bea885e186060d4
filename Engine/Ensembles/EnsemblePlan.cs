using System.Globalization;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Ensembles;

/// <summary>The graph of an ensemble: which step needs which tensor. Checked when it is made; immutable.</summary>
public sealed class EnsemblePlan
{
    private readonly string[] _outputs;
    private readonly EnsembleSelection _whole;

    private EnsemblePlan(IReadOnlyList<EnsembleStep> steps, ModelSignature signature)
    {
        Steps = steps;
        Signature = signature;
        _outputs = [.. signature.Outputs.Select(output => output.Name)];
        _whole = new EnsembleSelection(steps, _outputs, _outputs);
    }

    /// <summary>The steps, in the configuration's order.</summary>
    public IReadOnlyList<EnsembleStep> Steps { get; }

    /// <summary>What the ensemble takes and gives.</summary>
    public ModelSignature Signature { get; }

    /// <summary>What a request for some of the outputs needs; none named stands for all.</summary>
    internal EnsembleSelection Select(string[] requested) =>
        requested.Length == 0 ? _whole : new EnsembleSelection(Steps, _outputs, requested);

    /// <summary>The models that an ensemble's configuration calls.</summary>
    public static IEnumerable<string> ModelNames(ModelConfig config) =>
        config.EnsembleScheduling.Step.Select(step => step.ModelName).Distinct();

    /// <summary>Reads the graph, whose connections the configuration's rules have looked at.</summary>
    /// <param name="name">The ensemble's name.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="find">The signature of a model that serves, by name and version; null where there is none.</param>
    /// <exception cref="ModelLoadException">It cannot run; the message says where it is wrong.</exception>
    public static EnsemblePlan Read(string name, ModelConfig config, Func<string, string, ModelSignature?> find)
    {
        bool batched = config.MaxBatchSize > 0;
        ModelSignature signature = new()
        {
            Inputs =
            [
                .. config.Input.Select(input =>
                    Spec(input.Name, input.DataType, input.Dims, input.Reshape, batched) with
                    {
                        IsOptional = input.Optional,
                    }
                ),
            ],
            Outputs =
            [
                .. config.Output.Select(output =>
                    Spec(output.Name, output.DataType, output.Dims, output.Reshape, batched)
                ),
            ],
            MaxBatchSize = config.MaxBatchSize,
        };
        Dictionary<string, Tensor> made = signature.Inputs.ToDictionary(
            input => input.Name,
            input => new Tensor(input.Graph, name)
        );
        List<EnsembleStep> steps = [];
        foreach (ModelEnsembling.Types.Step step in config.EnsembleScheduling.Step)
        {
            string version = step.ModelVersion > 0 ? step.ModelVersion.ToString(CultureInfo.InvariantCulture) : "";
            ModelSignature model =
                find(step.ModelName, version) ?? throw new ModelLoadException(NotReady(name, step.ModelName, version));
            CheckNames(name, step, model);
            foreach ((string output, string tensor) in step.OutputMap)
            {
                made.Add(tensor, new Tensor(Array.Find(model.Outputs, spec => spec.Name == output)!, step.ModelName));
            }
            steps.Add(
                new EnsembleStep(step.ModelName, version, step.InputMap, step.OutputMap) { Takes = model.Inputs }
            );
        }

        // Once all are made: a step may stand before the one that it waits for.
        foreach (EnsembleStep step in steps)
        {
            foreach ((string input, string tensor) in step.Inputs)
            {
                TensorSpec spec = Array.Find(step.Takes, taken => taken.Name == input)!;
                RequireSame(name, tensor, made[tensor], new Tensor(spec, step.ModelName));
            }
        }
        foreach (TensorSpec output in signature.Outputs)
        {
            RequireSame(name, output.Name, made[output.Name], new Tensor(output.Graph, name));
        }
        return new EnsemblePlan(steps, signature);
    }

    private static TensorSpec Spec(
        string name,
        DataType type,
        IReadOnlyCollection<long> dims,
        ModelTensorReshape? reshape,
        bool batched
    ) =>
        new()
        {
            Name = name,
            Datatype = ConfiguredTypes.ToDatatype(type),
            Dimensions = batched ? [-1, .. dims] : [.. dims],
            Reshape = reshape is null ? null : new TensorReshape([.. dims], [.. reshape.Shape]),
            IsBatched = batched,
        };

    private static string NotReady(string ensemble, string model, string version) =>
        version.Length > 0
            ? $"ensemble '{ensemble}' depends on '{model}' whose required version {version} is not loaded"
            : $"ensemble {ensemble} contains models that are not available or ambiguous: {model}";

    private static void CheckNames(string ensemble, ModelEnsembling.Types.Step step, ModelSignature model)
    {
        foreach ((string input, string tensor) in step.InputMap)
        {
            if (model.Inputs.All(spec => spec.Name != input))
            {
                throw new ModelLoadException(
                    $"in ensemble {ensemble}, ensemble tensor {tensor} is mapping to non-existing input {input} in model "
                        + $"{step.ModelName}, which has: {Names(model.Inputs)}"
                );
            }
        }
        foreach ((string output, string tensor) in step.OutputMap)
        {
            if (model.Outputs.All(spec => spec.Name != output))
            {
                throw new ModelLoadException(
                    $"in ensemble {ensemble}, ensemble tensor {tensor} is mapped from non-existing output {output} in "
                        + $"model {step.ModelName}, which has: {Names(model.Outputs)}"
                );
            }
        }
        if (Array.Find(model.Inputs, input => !input.IsOptional && !step.InputMap.ContainsKey(input.Name)) is { } unfed)
        {
            throw new ModelLoadException(
                $"in ensemble {ensemble}, input {unfed.Name} in model {step.ModelName} is not mapped to any ensemble "
                    + $"tensors"
            );
        }
    }

    private static string Names(TensorSpec[] specs) => string.Join(", ", specs.Select(spec => spec.Name));

    private static void RequireSame(string ensemble, string tensor, Tensor maker, Tensor reader)
    {
        string where = $"in ensemble {ensemble}, ensemble tensor {tensor}: inconsistent";
        if (maker.Spec.Datatype != reader.Spec.Datatype)
        {
            throw new ModelLoadException(
                $"{where} data type: {ConfiguredTypes.Name(maker.Spec.Datatype)} is inferred from model {maker.Model} "
                    + $"while {ConfiguredTypes.Name(reader.Spec.Datatype)} is inferred from model {reader.Model}"
            );
        }
        if (!BatchDimension.Fits(maker.Spec, reader.Spec))
        {
            throw new ModelLoadException(
                $"{where} shape: {TensorShape.Format(maker.Spec.Dimensions)} is inferred from model {maker.Model} while "
                    + $"{TensorShape.Format(reader.Spec.Dimensions)} is inferred from model {reader.Model}"
            );
        }
    }

    /// <summary>What a model makes or takes as a tensor of the ensemble.</summary>
    private readonly record struct Tensor(TensorSpec Spec, string Model);
}
