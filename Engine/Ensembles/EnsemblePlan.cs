using System.Globalization;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Engine.Ensembles;

/// <summary>The graph of an ensemble: which step needs which tensor. Checked when it is made; immutable.</summary>
public sealed class EnsemblePlan
{
    private EnsemblePlan(IReadOnlyList<EnsembleStep> steps, ModelSignature signature)
    {
        Steps = steps;
        Signature = signature;
    }

    /// <summary>The steps, in the configuration's order.</summary>
    public IReadOnlyList<EnsembleStep> Steps { get; }

    /// <summary>What the ensemble takes and gives.</summary>
    public ModelSignature Signature { get; }

    /// <summary>How many steps read a tensor; one more where the ensemble gives it out.</summary>
    public int Readers(string tensor) =>
        Steps.Sum(step => step.Inputs.Values.Count(name => name == tensor))
        + (Signature.Outputs.Any(output => output.Name == tensor) ? 1 : 0);

    /// <summary>The models that an ensemble's configuration calls.</summary>
    public static IEnumerable<string> ModelNames(ModelConfig config) =>
        config.EnsembleScheduling.Step.Select(step => step.ModelName).Distinct();

    /// <summary>Reads the graph.</summary>
    /// <param name="config">The ensemble's configuration.</param>
    /// <param name="find">The signature of a model that serves, by name and version; null where there is none.</param>
    /// <exception cref="ModelLoadException">It cannot run; the message says where it is wrong.</exception>
    public static EnsemblePlan Read(ModelConfig config, Func<string, string, ModelSignature?> find)
    {
        if (config.Input.Count == 0 || config.Output.Count == 0)
        {
            throw new ModelLoadException("an ensemble must configure its input and output");
        }
        if (config.EnsembleScheduling.Step.Count == 0)
        {
            throw new ModelLoadException("ensemble_scheduling has no step");
        }
        bool batched = config.MaxBatchSize > 0;
        ModelSignature signature = new()
        {
            Inputs =
            [
                .. config.Input.Select(input => Spec(input.Name, input.DataType, input.Dims, batched, input.Optional)),
            ],
            Outputs =
            [
                .. config.Output.Select(output =>
                    Spec(output.Name, output.DataType, output.Dims, batched, optional: false)
                ),
            ],
            MaxBatchSize = config.MaxBatchSize,
        };
        List<EnsembleStep> steps =
        [
            .. config.EnsembleScheduling.Step.Select(step => new EnsembleStep(
                step.ModelName,
                Version(step.ModelVersion),
                step.InputMap,
                step.OutputMap
            )),
        ];
        CheckTensors(steps, signature, find);
        CheckOrder(steps, signature);
        return new EnsemblePlan(steps, signature);
    }

    private static string Version(long version) => version > 0 ? version.ToString(CultureInfo.InvariantCulture) : "";

    private static TensorSpec Spec(string name, DataType type, IEnumerable<long> dims, bool batched, bool optional) =>
        new()
        {
            Name = name,
            Datatype = ConfiguredTypes.ToDatatype(type),
            Dimensions = batched ? [-1, .. dims] : [.. dims],
            IsBatched = batched,
            IsOptional = optional,
        };

    private static void CheckTensors(
        List<EnsembleStep> steps,
        ModelSignature signature,
        Func<string, string, ModelSignature?> find
    )
    {
        Dictionary<string, TensorSpec> made = signature.Inputs.ToDictionary(input => input.Name);
        List<(TensorSpec Reader, string Tensor, string Model)> readers =
        [
            .. signature.Outputs.Select(output => (output, output.Name, "the ensemble's output")),
        ];
        foreach (EnsembleStep step in steps)
        {
            ModelSignature model =
                find(step.ModelName, step.ModelVersion)
                ?? throw new ModelLoadException(
                    $"step model '{step.ModelName}'{(step.ModelVersion.Length > 0 ? $" version {step.ModelVersion}" : "")} "
                        + $"is not ready"
                );
            foreach ((string name, string tensor) in step.Inputs)
            {
                readers.Add((Find(model.Inputs, name, step, "input"), tensor, step.ModelName));
            }
            if (
                model.Inputs.FirstOrDefault(input => !input.IsOptional && !step.Inputs.ContainsKey(input.Name)) is
                { } unfed
            )
            {
                throw new ModelLoadException(
                    $"step model '{step.ModelName}' has an input '{unfed.Name}' that input_map does not feed"
                );
            }
            foreach ((string name, string tensor) in step.Outputs)
            {
                if (!made.TryAdd(tensor, Find(model.Outputs, name, step, "output")))
                {
                    throw new ModelLoadException(
                        $"ensemble tensor '{tensor}' is made twice, the second time by step model '{step.ModelName}'"
                    );
                }
            }
        }

        foreach ((TensorSpec reader, string tensor, string model) in readers)
        {
            if (!made.TryGetValue(tensor, out TensorSpec? maker))
            {
                throw new ModelLoadException(
                    $"ensemble tensor '{tensor}', which {model} '{reader.Name}' reads, is made by no step; "
                        + $"there are: {string.Join(", ", made.Keys)}"
                );
            }
            if (!Fits(maker, reader))
            {
                throw new ModelLoadException(
                    $"ensemble tensor '{tensor}' is {Describe(maker)}, {model} '{reader.Name}' takes {Describe(reader)}"
                );
            }
        }
    }

    private static TensorSpec Find(TensorSpec[] specs, string name, EnsembleStep step, string role) =>
        Array.Find(specs, spec => spec.Name == name)
        ?? throw new ModelLoadException(
            $"{role}_map of step model '{step.ModelName}' names '{name}', the model has: "
                + $"{string.Join(", ", specs.Select(spec => spec.Name))}"
        );

    private static bool Fits(TensorSpec maker, TensorSpec reader)
    {
        if (maker.Datatype != reader.Datatype || maker.Dimensions.Length != reader.Dimensions.Length)
        {
            return false;
        }
        return !maker
            .Dimensions.Where((size, i) => size >= 0 && reader.Dimensions[i] >= 0 && size != reader.Dimensions[i])
            .Any();
    }

    private static string Describe(TensorSpec spec) =>
        $"{spec.Datatype.WireName()} {TensorShape.Format(spec.Dimensions)}";

    private static void CheckOrder(List<EnsembleStep> steps, ModelSignature signature)
    {
        HashSet<string> ready = [.. signature.Inputs.Select(input => input.Name)];
        List<EnsembleStep> left = [.. steps];
        while (left.Count > 0)
        {
            List<EnsembleStep> runnable = left.FindAll(step => step.Inputs.Values.All(ready.Contains));
            if (runnable.Count == 0)
            {
                throw new ModelLoadException(
                    $"the steps wait for each other in a circle: "
                        + $"{string.Join(", ", left.Select(step => step.ModelName))}"
                );
            }
            foreach (EnsembleStep step in runnable)
            {
                ready.UnionWith(step.Outputs.Values);
            }
            left.RemoveAll(runnable.Contains);
        }
    }
}
