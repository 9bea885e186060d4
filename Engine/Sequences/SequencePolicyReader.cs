using System.Runtime.InteropServices;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Files;
using SequenceBatching = OrleansInference.Protocol.ModelSequenceBatching;

namespace OrleansInference.Engine.Sequences;

/// <summary>
/// Reads <c>sequence_batching</c> against the model that it configures. Pure but for files of initial states.
/// </summary>
internal static class SequencePolicyReader
{
    private static readonly TensorDatatype[] CorrelationTypes =
    [
        TensorDatatype.UInt64,
        TensorDatatype.Int64,
        TensorDatatype.UInt32,
        TensorDatatype.Int32,
        TensorDatatype.Bytes,
    ];

    /// <summary>The policy; null where the model has none.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="signature">What the ONNX model takes.</param>
    /// <param name="instances">Runs at once.</param>
    /// <param name="folder">The model's folder, whose <c>initial_state/</c> has the files of initial states.</param>
    /// <exception cref="ModelLoadException">Configuration and model disagree.</exception>
    public static SequencePolicy? Read(ModelConfig config, ModelSignature signature, int instances, string folder)
    {
        if (config.SequenceBatching is not { } batching)
        {
            return null;
        }
        ulong idle = batching.MaxSequenceIdleMicroseconds == 0 ? 1_000_000 : batching.MaxSequenceIdleMicroseconds;
        int active = batching.Oldest is { } oldest
            ? Math.Max(1, oldest.MaxCandidateSequences)
            : PlacesOf(instances, signature);
        return new SequencePolicy
        {
            IdleTimeout = TimeSpan.FromMicroseconds(Math.Min(idle, (double)TimeSpan.FromDays(24).TotalMicroseconds)),
            IsPerInstance = batching.Oldest is null,
            IsBatched = signature.IsBatched,
            Slots = new SequenceSlots(active),
            Controls =
            [
                .. batching.ControlInput.SelectMany(input =>
                    input.Control.Select(control => Control(input.Name, control, signature))
                ),
            ],
            States = [.. batching.State.Select(state => State(state, signature, config, folder))],
        };
    }

    /// <summary>The batch slots of all instances.</summary>
    public static int PlacesOf(int instances, ModelSignature signature) =>
        instances * Math.Max(1, signature.MaxBatchSize);

    private static SequenceControl Control(
        string name,
        SequenceBatching.Types.Control control,
        ModelSignature signature
    )
    {
        TensorSpec spec =
            Array.Find(signature.Inputs, input => input.Name == name)
            ?? throw new ModelLoadException(
                $"sequence_batching has control_input '{name}', the model has: "
                    + $"{string.Join(", ", signature.Inputs.Select(input => input.Name))}"
            );
        RequireType(control.DataType, spec, "control_input");
        if (control.Kind == SequenceBatching.Types.Control.Types.Kind.ControlSequenceCorrid)
        {
            return CorrelationTypes.Contains(spec.Datatype)
                ? new SequenceControl(SequenceControlKind.CorrelationId, spec, [], [])
                : throw new ModelLoadException(
                    $"control_input '{name}' is {spec.Datatype.WireName()}; a correlation id must be one of "
                        + $"{string.Join(", ", CorrelationTypes.Select(type => type.WireName()))}"
                );
        }

        SequenceControlKind kind = control.Kind switch
        {
            SequenceBatching.Types.Control.Types.Kind.ControlSequenceStart => SequenceControlKind.Start,
            SequenceBatching.Types.Control.Types.Kind.ControlSequenceReady => SequenceControlKind.Ready,
            _ => SequenceControlKind.End,
        };
        (byte[] no, byte[] yes, TensorDatatype datatype) = control switch
        {
            { Int32FalseTrue.Count: 2 } => (
                Bytes(control.Int32FalseTrue[0]),
                Bytes(control.Int32FalseTrue[1]),
                TensorDatatype.Int32
            ),
            { Fp32FalseTrue.Count: 2 } => (
                Bytes(control.Fp32FalseTrue[0]),
                Bytes(control.Fp32FalseTrue[1]),
                TensorDatatype.Fp32
            ),
            { BoolFalseTrue.Count: 2 } => (
                Bytes(control.BoolFalseTrue[0]),
                Bytes(control.BoolFalseTrue[1]),
                TensorDatatype.Bool
            ),
            _ => throw new ModelLoadException(
                $"control_input '{name}' must have two values in int32_false_true, fp32_false_true or bool_false_true"
            ),
        };
        if (datatype != spec.Datatype)
        {
            throw new ModelLoadException(
                $"control_input '{name}' has {datatype.WireName()} values, the model's input is "
                    + $"{spec.Datatype.WireName()}"
            );
        }
        return new SequenceControl(kind, spec, no, yes);
    }

    private static SequenceStateSpec State(
        SequenceBatching.Types.State state,
        ModelSignature signature,
        ModelConfig config,
        string folder
    )
    {
        TensorSpec input =
            Array.Find(signature.Inputs, spec => spec.Name == state.InputName)
            ?? throw new ModelLoadException(
                $"sequence_batching has state input '{state.InputName}', the model has: "
                    + $"{string.Join(", ", signature.Inputs.Select(spec => spec.Name))}"
            );
        TensorSpec output =
            Array.Find(signature.Outputs, spec => spec.Name == state.OutputName)
            ?? throw new ModelLoadException(
                $"sequence_batching has state output '{state.OutputName}', the model has: "
                    + $"{string.Join(", ", signature.Outputs.Select(spec => spec.Name))}"
            );
        if (input.Datatype != output.Datatype)
        {
            throw new ModelLoadException(
                $"state '{state.InputName}' is {input.Datatype.WireName()} and comes back as "
                    + $"{output.Datatype.WireName()}"
            );
        }
        RequireType(state.DataType, input, "state");
        if (state.InitialState.Count > 1)
        {
            throw new ModelLoadException(
                $"state '{state.InputName}' has {state.InitialState.Count} entries of initial_state; one is allowed"
            );
        }
        SequenceBatching.Types.InitialState? initial = state.InitialState.FirstOrDefault();
        RequireType(initial?.DataType ?? DataType.TypeInvalid, input, "initial_state");
        long[] dims = initial?.Dims.Count > 0 ? [.. initial.Dims] : [.. state.Dims];
        long[] shape =
            dims.Length > 0
                ? [.. input.IsBatched ? [1L] : Array.Empty<long>(), .. dims.Select(dimension => Math.Max(1, dimension))]
                : [.. input.Dimensions.Select(dimension => dimension < 0 ? 1 : dimension)];
        if (!TensorShape.TryCount(shape, out long elements) || elements > 1 << 28)
        {
            throw new ModelLoadException(
                $"state '{state.InputName}' has initial shape {TensorShape.Format(shape)}, which is too large"
            );
        }
        byte[] contents = Contents(initial, input, elements, folder);
        bool isOutput = config.Output.Any(output => output.Name == state.OutputName);
        return new SequenceStateSpec(input, state.OutputName, shape, contents, isOutput);
    }

    private static void RequireType(DataType type, TensorSpec spec, string role)
    {
        TensorDatatype configured = ConfiguredTypes.ToDatatype(type);
        if (configured != TensorDatatype.None && configured != spec.Datatype)
        {
            throw new ModelLoadException(
                $"sequence_batching gives {role} '{spec.Name}' data_type {configured.WireName()}, the model has "
                    + $"{spec.Datatype.WireName()}"
            );
        }
    }

    private static byte[] Contents(
        SequenceBatching.Types.InitialState? initial,
        TensorSpec input,
        long elements,
        string folder
    )
    {
        // An empty text is the zero of BYTES: a length of 0.
        long length =
            elements
            * (input.Datatype == TensorDatatype.Bytes ? BytesElements.PrefixSize : input.Datatype.ElementSize());
        if (initial is not { DataFile.Length: > 0 })
        {
            return new byte[length];
        }
        if (Path.GetFileName(initial.DataFile) != initial.DataFile)
        {
            throw new ModelLoadException($"data_file '{initial.DataFile}' must be a file name without a folder");
        }
        string path = Path.Combine(folder, "initial_state", initial.DataFile);
        if (!RegularFile.Exists(path))
        {
            throw new ModelLoadException($"there is no initial_state/{initial.DataFile} for state '{input.Name}'");
        }
        byte[] contents = RegularFile.ReadAllBytes(path);
        bool fits =
            input.Datatype == TensorDatatype.Bytes
                ? BytesElements.TryCount(contents, out long found) && found == elements
                : contents.Length == length;
        return fits
            ? contents
            : throw new ModelLoadException(
                $"initial_state/{initial.DataFile} has {contents.Length} bytes, which do not fit state '{input.Name}' "
                    + $"of {elements} {input.Datatype.WireName()} elements"
            );
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
