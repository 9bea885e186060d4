using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Sequences;

/// <summary>Completes a sequence's request with the model's control and state inputs. Pure.</summary>
public static class SequenceInputs
{
    /// <summary>Checks a request of a sequence; null where it is right, else what is wrong.</summary>
    public static string? Check(SequencePolicy policy, InferenceCall request)
    {
        foreach (Tensor input in request.Inputs)
        {
            if (policy.IsHiddenInput(input.Name))
            {
                return $"input '{input.Name}' of model '{request.ModelName}' is filled in by the server from the "
                    + $"sequence; leave it out";
            }
            if (policy.IsBatched && input.Shape is [var rows, ..] && rows != 1)
            {
                return $"inference request to model '{request.ModelName}' must specify batch-size 1 due to "
                    + $"requirements of sequence batcher; input '{input.Name}' has {rows} rows";
            }
        }

        if (Array.Find(request.RequestedOutputs, policy.IsHiddenOutput) is { } hidden)
        {
            return $"unexpected inference output '{hidden}' for model '{request.ModelName}': it is what the sequence "
                + "remembers, and is given where the configuration lists it among the outputs";
        }
        foreach (SequenceControl control in policy.Controls)
        {
            if (
                control.Kind == SequenceControlKind.CorrelationId
                && control.Spec.Datatype != TensorDatatype.Bytes
                && !TryNumber(control.Spec.Datatype, request.SequenceId, out _)
            )
            {
                return $"sequence_id '{request.SequenceId}' does not fit the correlation id of model '{request.ModelName}', "
                    + $"which is {control.Spec.Datatype.WireName()}";
            }
        }

        return null;
    }

    /// <summary>The request with controls, states and, where it names outputs, the state outputs.</summary>
    /// <param name="policy">The model's.</param>
    /// <param name="request">As the caller sent it, of one row.</param>
    /// <param name="states">The states from the request before; empty for the first.</param>
    public static InferenceCall Complete(SequencePolicy policy, InferenceCall request, IReadOnlyList<Tensor> states)
    {
        List<Tensor> inputs = [.. request.Inputs];
        foreach (SequenceControl control in policy.Controls)
        {
            inputs.Add(Control(control, request));
        }
        for (int i = 0; i < policy.States.Count; i++)
        {
            SequenceStateSpec state = policy.States[i];
            inputs.Add(
                states.Count > 0
                    ? states[i].WithName(state.Input.Name)
                    : new Tensor(state.Input.Name, state.Input.Datatype, state.InitialShape, state.Initial)
            );
        }

        string[] outputs =
            request.RequestedOutputs.Length == 0
                ? []
                : [.. request.RequestedOutputs.Union(policy.States.Select(state => state.OutputName))];
        return request with { Inputs = [.. inputs], RequestedOutputs = outputs };
    }

    /// <summary>Takes the states, in the policy's order, out of an answer.</summary>
    /// <param name="policy">The model's.</param>
    /// <param name="request">As the caller sent it: what outputs it asked for.</param>
    /// <param name="response">The model's answer, which is taken over.</param>
    public static (InferenceAnswer Response, Tensor[] States) Split(
        SequencePolicy policy,
        InferenceCall request,
        InferenceAnswer response
    )
    {
        if (policy.States.Count == 0)
        {
            return (response, []);
        }
        // What is kept has a hold of its own on its memory: the caller may get the same tensor.
        Tensor[] states =
        [
            .. policy.States.Select(state => response.Output(state.OutputName).WithName(state.OutputName)),
        ];
        List<Tensor> asked = [];
        foreach (Tensor output in response.Outputs)
        {
            bool isAsked = request.RequestedOutputs.Length == 0 || request.RequestedOutputs.Contains(output.Name);
            if (isAsked && !policy.IsHiddenOutput(output.Name))
            {
                asked.Add(output);
            }
            else
            {
                output.Dispose();
            }
        }
        return (response with { Outputs = [.. asked] }, states);
    }

    private static Tensor Control(SequenceControl control, InferenceCall request)
    {
        long[] shape = [.. control.Spec.Dimensions.Select(dimension => dimension < 0 ? 1 : dimension)];
        byte[] contents = control.Kind switch
        {
            SequenceControlKind.Start => request.SequenceStart ? control.True : control.False,
            SequenceControlKind.End => request.SequenceEnd ? control.True : control.False,
            SequenceControlKind.Ready => control.True,
            _ => CorrelationId(control.Spec.Datatype, request.SequenceId),
        };
        return new Tensor(control.Spec.Name, control.Spec.Datatype, shape, contents);
    }

    private static byte[] CorrelationId(TensorDatatype datatype, string id)
    {
        if (datatype == TensorDatatype.Bytes)
        {
            byte[] text = Encoding.UTF8.GetBytes(id);
            byte[] element = new byte[BytesElements.PrefixSize + text.Length];
            BytesElements.Write(element, text);
            return element;
        }

        TryNumber(datatype, id, out byte[] number);
        return number;
    }

    private static bool TryNumber(TensorDatatype datatype, string id, out byte[] contents)
    {
        contents = new byte[datatype.ElementSize()];
        if (!ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            return false;
        }
        ulong limit = datatype switch
        {
            TensorDatatype.Int32 => int.MaxValue,
            TensorDatatype.UInt32 => uint.MaxValue,
            TensorDatatype.Int64 => long.MaxValue,
            _ => ulong.MaxValue,
        };
        if (number > limit)
        {
            return false;
        }
        if (contents.Length == sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(contents, number);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(contents, (uint)number);
        }
        return true;
    }
}
