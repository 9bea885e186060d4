using OrleansInference.Engine.Sessions;
using Control = OrleansInference.Protocol.ModelSequenceBatching.Types.Control;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What the controls of <c>sequence_batching</c> must be to each other. Pure.</summary>
internal static class SequenceRules
{
    /// <exception cref="ModelLoadException">They contradict each other; the message says what is allowed.</exception>
    public static void Require(ModelSequenceBatching batching, string model)
    {
        if (batching.Direct is { } direct && direct.MinimumSlotUtilization is not (>= 0 and <= 1))
        {
            throw new ModelLoadException(
                $"minimum_slot_utilization is {direct.MinimumSlotUtilization}; a number from 0 to 1 is allowed"
            );
        }
        (string Name, Control Control)[] controls =
        [
            .. batching.ControlInput.SelectMany(input => input.Control.Select(control => (input.Name, control))),
        ];
        // Each kind tells one thing of a sequence, and a tensor can only hold one.
        foreach (
            IGrouping<Control.Types.Kind, string> kind in controls.GroupBy(one => one.Control.Kind, one => one.Name)
        )
        {
            if (kind.Skip(1).Any())
            {
                throw new ModelLoadException(
                    $"sequence batching specifies multiple {Name(kind.Key)} tensors for {model}: "
                        + $"'{string.Join("' and '", kind)}'; one may have it"
                );
            }
        }
        foreach (
            IGrouping<string, Control.Types.Kind> tensor in controls.GroupBy(one => one.Name, one => one.Control.Kind)
        )
        {
            if (tensor.Skip(1).Any())
            {
                throw new ModelLoadException(
                    $"sequence batching control tensor '{tensor.Key}' is specified for multiple control kinds for "
                        + $"{model}: {string.Join(" and ", tensor.Select(Name))}; a tensor holds one"
                );
            }
        }
        foreach ((string name, Control control) in controls)
        {
            int[] counts = [control.Int32FalseTrue.Count, control.Fp32FalseTrue.Count, control.BoolFalseTrue.Count];
            bool isFlag = control.Kind != Control.Types.Kind.ControlSequenceCorrid;
            if (isFlag && !counts.Contains(2))
            {
                throw new ModelLoadException(
                    $"sequence batching must specify either 'int32_false_true', 'fp32_false_true' or "
                        + $"'bool_false_true' for {Name(control.Kind)} for {model}, with two values for '{name}'"
                );
            }
        }
    }

    private static string Name(Control.Types.Kind kind) =>
        Control.Descriptor.FindFieldByName("kind").EnumType.FindValueByNumber((int)kind)?.Name ?? kind.ToString();
}
