using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using OrleansInference.Protocol;

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
    private readonly GrpcAnswer grpcAnswer = new(model);
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

    public void Read(ModelInferRequest request)
    {
        current.Read(request);
        var room = PlaceOffsets();
        tensorStart = HeaderRoom;
        body.Reserve(tensorStart + room);
        for (var i = 0; i < offsets.Length; i++)
        {
            var raw = request.RawInputContents[i].Span;
            raw.CopyTo(body.Slice(tensorStart + offsets[i], raw.Length));
        }
    }

    public void RunAndWrite(HttpResponse response)
    {
        var request = Bind();
        using var result = binding!.Run();
        if (!answer.IsConstant)
        {
            answer.Build(request, result, binding.IsPreallocated);
        }
        Write(response, request, result);
    }

    public ModelInferResponse RunAndAnswer(string id)
    {
        var request = Bind();
        using var result = binding!.Run();
        return grpcAnswer.Build(request, result, id, binding.IsPreallocated);
    }

    public void Dispose()
    {
        binding?.Dispose();
        body.Dispose();
    }

    /// <summary>Binds the tensors unless they lie where and as those of the request before; what is bound.</summary>
    private RequestHeader Bind()
    {
        var reuse = binding is not null && binding.Body == body.Start + tensorStart && current.SameTensors(bound);
        if (!reuse)
        {
            binding?.Dispose();
            binding = null;
            answer.Invalidate();
            grpcAnswer.Invalidate();
            binding = new TensorBinding(model, current, body.Start + tensorStart, offsets);
            (current, bound) = (bound, current);
        }

        return reuse ? current : bound;
    }

    /// <summary>Sets where each tensor will begin, on a cache line; the bytes that all of them need.</summary>
    private int PlaceOffsets()
    {
        var end = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = end;
            end = checked((end + (int)current.Inputs[i].Size + AlignedBuffer.Alignment - 1) & -AlignedBuffer.Alignment);
        }
        return end;
    }

    private void PlaceTensors(int tensorBytes)
    {
        PlaceOffsets();
        var source = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            source += checked((int)current.Inputs[i].Size);
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
