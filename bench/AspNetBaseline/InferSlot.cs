using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;

namespace OrleansInference.AspNetBaseline;

/// <summary>
/// What one request needs and the next one reuses: body buffer, parsed header, bound tensors, answer header.
/// </summary>
internal sealed class InferSlot(ServedModel model) : IDisposable
{
    /// <summary>
    /// Tensors begin at a multiple of this offset, so that the bound addresses survive a header of another length.
    /// </summary>
    private const int HeaderRoom = 4096;

    private readonly AlignedBuffer body = new();
    private readonly ResponseHeader answer = new(model);
    private readonly int[] offsets = new int[model.Inputs.Length];
    private RequestHeader current = new(model);
    private RequestHeader bound = new(model);
    private TensorBinding? binding;
    private int tensorStart;
    private int bodyStart;

    public async ValueTask ReadAsync(PipeReader reader, int length, int headerLength)
    {
        tensorStart = (headerLength + HeaderRoom - 1) / HeaderRoom * HeaderRoom;
        bodyStart = tensorStart - headerLength;
        body.Reserve(bodyStart + length + model.Inputs.Length * AlignedBuffer.Alignment);
        var filled = 0;
        while (filled < length)
        {
            var result = await reader.ReadAsync();
            var arrived = (int)result.Buffer.Length;
            if (filled + arrived > length || (arrived == 0 && result.IsCompleted))
            {
                throw new RequestFormatException("the body is not as long as Content-Length says");
            }
            result.Buffer.CopyTo(body.Slice(bodyStart + filled, arrived));
            filled += arrived;
            reader.AdvanceTo(result.Buffer.End);
        }

        current.Parse(body.Slice(bodyStart, headerLength));
        PlaceTensors(length - headerLength);
    }

    public void RunAndWrite(HttpResponse response)
    {
        var reuse = binding is not null && binding.Body == body.Start + tensorStart && current.SameTensors(bound);
        if (!reuse)
        {
            binding?.Dispose();
            binding = null;
            answer.Invalidate();
            binding = new TensorBinding(model, current, body.Start + tensorStart, offsets);
            (current, bound) = (bound, current);
        }

        var request = reuse ? current : bound;
        using var result = binding!.Run();
        if (!answer.IsConstant)
        {
            answer.Build(request, result, binding.IsPreallocated);
        }
        Write(response, request, result);
    }

    public void Dispose()
    {
        binding?.Dispose();
        body.Dispose();
    }

    private void PlaceTensors(int tensorBytes)
    {
        var source = 0;
        var target = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = target;
            source += checked((int)current.Inputs[i].Size);
            target = (target + (int)current.Inputs[i].Size + AlignedBuffer.Alignment - 1) & -AlignedBuffer.Alignment;
        }

        if (source != tensorBytes)
        {
            throw new RequestFormatException($"the tensors need {source} bytes, the body has {tensorBytes}");
        }

        // Only a second input can be off its boundary; from the last to the first, no move overwrites another's source.
        for (var i = offsets.Length - 1; i > 0; i--)
        {
            var size = (int)current.Inputs[i].Size;
            source -= size;
            if (source != offsets[i])
            {
                body.Slice(tensorStart + source, size).CopyTo(body.Slice(tensorStart + offsets[i], size));
            }
        }
    }

    private void Write(HttpResponse response, RequestHeader request, RunResult result)
    {
        var idBytes = request.Id.IsEmpty ? 0 : request.Id.Length + 8;
        var headerBytes = answer.Json.Length + idBytes;
        response.ContentType = "application/octet-stream";
        response.ContentLength = headerBytes + answer.TensorBytes;
        response.Headers["Inference-Header-Content-Length"] =
            idBytes == 0 ? answer.Length : headerBytes.ToString(CultureInfo.InvariantCulture);
        var writer = response.BodyWriter;
        if (idBytes > 0)
        {
            writer.Write("{\"id\":\""u8);
            writer.Write(request.Id);
            writer.Write("\","u8);
            writer.Write(answer.Json[1..]);
        }
        else
        {
            writer.Write(answer.Json);
        }

        for (var i = 0; answer.TensorBytes > 0 && i < request.Outputs.Length; i++)
        {
            if (request.IsBinary(i))
            {
                writer.Write(result[i].GetTensorMutableRawData());
            }
        }
    }
}
