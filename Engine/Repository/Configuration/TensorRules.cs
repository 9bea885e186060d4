using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What a configuration's inputs and outputs must be, whatever the model's file says. Pure.</summary>
internal static class TensorRules
{
    /// <exception cref="ModelLoadException">One cannot be; the message names it and what is allowed.</exception>
    public static void Require(ModelConfig config, string model)
    {
        if (config.MaxBatchSize < 0)
        {
            throw new ModelLoadException(
                $"'max_batch_size' must be non-negative value for {model}; it is {config.MaxBatchSize}, 0 stands for no "
                    + $"batching"
            );
        }
        RequireOnce(config.Input.Select(input => input.Name), "input");
        RequireOnce(config.Output.Select(output => output.Name), "output");
        foreach (ModelInput input in config.Input)
        {
            RequireShapes($"model input '{input.Name}'", input.Dims, input.Reshape, model);
            if (input.Format != ModelInput.Types.Format.None && input.Dims.Count != 3)
            {
                throw new ModelLoadException(
                    $"input '{input.Name}' has a format of pictures, which have 3 dims; it has {input.Dims.Count}"
                );
            }
        }
        foreach (ModelOutput output in config.Output)
        {
            RequireShapes($"model output '{output.Name}'", output.Dims, output.Reshape, model);
        }
    }

    private static void RequireOnce(IEnumerable<string> names, string role)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ModelLoadException($"config.pbtxt has {role} '{twice.Key}' twice; a name stands for one tensor");
        }
    }

    private static void RequireShapes(
        string tensor,
        IReadOnlyCollection<long> dims,
        ModelTensorReshape? reshape,
        string model
    )
    {
        RequireSizes($"{tensor} dimension", dims, model);
        if (reshape is null)
        {
            return;
        }
        RequireSizes($"{tensor} reshape dimensions", reshape.Shape, model);
        string shapes = $"dims {TensorShape.Format([.. dims])}, reshape {TensorShape.Format([.. reshape.Shape])}";
        if (dims.Count(size => size < 0) != reshape.Shape.Count(size => size < 0))
        {
            // Triton tells this only where both have some; with none in one of them, the sizes differ.
            bool bothVary = dims.Any(size => size < 0) && reshape.Shape.Any(size => size < 0);
            throw new ModelLoadException(
                $"{tensor} has different {(bothVary ? "number of variable-size dimensions" : "size")} for dims and "
                    + $"reshape for {model}: {shapes}"
            );
        }
        if (!new TensorReshape([.. dims], [.. reshape.Shape]).IsPossible)
        {
            throw new ModelLoadException(
                $"{tensor} has different size for dims and reshape for {model}: {shapes}; both must have the same "
                    + $"elements before, between and behind dimensions of -1"
            );
        }
    }

    private static void RequireSizes(string what, IEnumerable<long> sizes, string model)
    {
        foreach (long size in sizes.Where(size => size is 0 or < -1))
        {
            throw new ModelLoadException(
                $"{what} must be integer >= 1, or -1 to indicate a variable-size dimension for {model}; it is {size}"
            );
        }
    }
}
