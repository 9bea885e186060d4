using System.Globalization;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Grpc;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>Inference over gRPC, one by one and in a stream.</summary>
internal sealed class GrpcInference(
    IAdmissionGate gate,
    InferenceHandler handler,
    SharedMemoryRegions regions,
    BytesInFlight bytesInFlight,
    GrpcAnswers answers,
    UnexpectedFailure unexpected,
    IHostApplicationLifetime lifetime,
    TimeProvider time
)
{
    /// <summary>
    /// Requests of one stream that may be under way at once; the next is read when the oldest is answered.
    /// </summary>
    private const int StreamWindow = 64;

    /// <summary><c>ModelInfer</c>.</summary>
    public async Task<ModelInferResponse> InferAsync(ModelInferRequest request, ServerCallContext context)
    {
        Answer answer = await AnswerAsync(request, context, context.CancellationToken);
        // The message is serialised after this method has returned: its memory goes back when the call has ended.
        context.GetHttpContext().Response.RegisterForDispose(answer);
        if (answer.Error == InferenceError.None)
        {
            return answer.Message;
        }
        // What the client's own clock would have said, whichever status the options ask for.
        throw answer.IsCallLate
            ? new RpcException(new Status(StatusCode.DeadlineExceeded, answer.ErrorMessage))
            : answers.Failure(answer.Error, answer.ErrorMessage);
    }

    /// <summary><c>ModelStreamInfer</c>: answers come in the order of the requests.</summary>
    public async Task StreamAsync(
        IAsyncStreamReader<ModelInferRequest> requestStream,
        IServerStreamWriter<ModelStreamInferResponse> responseStream,
        ServerCallContext context
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        // A stream may be open for days: a server that stops reads no more of it, and ends it with the last answer.
        using CancellationTokenSource read = CancellationTokenSource.CreateLinkedTokenSource(
            stop.Token,
            lifetime.ApplicationStopping
        );
        Channel<Task<Answer>> window = Channel.CreateBounded<Task<Answer>>(
            new BoundedChannelOptions(StreamWindow) { SingleReader = true, SingleWriter = true }
        );
        Task writing = WriteAsync(window.Reader, responseStream, stop);
        try
        {
            // Begun in the order in which they come, which is the order of a sequence's requests.
            // Handed over even when cancelled: the writer takes every answer until the last, and gives its memory back.
            while (await requestStream.MoveNext(read.Token))
            {
                await window.Writer.WriteAsync(
                    AnswerAsync(requestStream.Current, context, stop.Token),
                    CancellationToken.None
                );
            }
        }
        catch (Exception exception) when (stop.IsCancellationRequested || exception is IOException)
        {
            // The client is gone, or its answers cannot be written: what is under way is cancelled.
            await stop.CancelAsync();
        }
        catch (OperationCanceledException) when (read.IsCancellationRequested)
        {
            window.Writer.Complete();
            await writing;
            throw answers.Failure(InferenceError.Unavailable, "the server is shutting down");
        }
        finally
        {
            window.Writer.TryComplete();
            await writing;
        }
    }

    private static async Task WriteAsync(
        ChannelReader<Task<Answer>> window,
        IServerStreamWriter<ModelStreamInferResponse> stream,
        CancellationTokenSource stop
    )
    {
        await foreach (Task<Answer> pending in window.ReadAllAsync(CancellationToken.None))
        {
            using Answer answer = await pending;
            if (stop.IsCancellationRequested)
            {
                continue;
            }
            try
            {
                await stream.WriteAsync(
                    new ModelStreamInferResponse { ErrorMessage = answer.ErrorMessage, InferResponse = answer.Message },
                    stop.Token
                );
            }
            catch (Exception exception)
                when (exception is OperationCanceledException or InvalidOperationException or IOException)
            {
                // Nobody reads any more; the rest is awaited and released.
                await stop.CancelAsync();
            }
        }
    }

    /// <summary>Never throws for what is wrong with a request: the answer says it.</summary>
    private async Task<Answer> AnswerAsync(
        ModelInferRequest message,
        ServerCallContext context,
        CancellationToken cancellationToken
    )
    {
        long bytes = message.CalculateSize();
        bool counted = false;
        InferenceAnswer? response = null;
        AdmissionTicket? ticket = null;
        bool sent = false;
        RequestParameters parameters = default;
        try
        {
            bytesInFlight.Add(bytes);
            counted = true;
            Caller caller = CallerFeature.Get(context.GetHttpContext());
            TimeSpan left =
                context.Deadline == DateTime.MaxValue ? TimeSpan.Zero : context.Deadline - time.GetUtcNow().UtcDateTime;
            TimeSpan timeout = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            AdmissionOutcome admission = gate.TryEnter(
                caller.ForAdmission(message.ModelName, message.ModelVersion, timeout)
            );
            ticket =
                admission.Ticket ?? throw new InferenceException(InferenceError.ResourceExhausted, admission.Message);
            (InferenceCall request, parameters, List<RequestedOutput> outputs) = GrpcRequestReader.Read(
                message,
                caller,
                context,
                time,
                regions
            );
            sent = true;
            response = await handler.InferAsync(request, ticket, caller, "GRPC", outputs, cancellationToken);
            return new Answer(response, Message(message, response, parameters, outputs)).With(parameters);
        }
        catch (InferenceException exception)
        {
            response?.Dispose();
            if (!sent)
            {
                BreakSequence(message, exception.Message);
            }
            return Answer.Failure(message, exception.Error, exception.Message).With(parameters);
        }
        catch (Exception exception)
        {
            response?.Dispose();
            return cancellationToken.IsCancellationRequested
                ? Answer.Failure(message, InferenceError.Cancelled, "the request was cancelled")
                : Answer.Failure(message, InferenceError.Internal, unexpected.Report("ModelInfer", exception));
        }
        finally
        {
            ticket?.Dispose();
            if (counted)
            {
                bytesInFlight.Remove(bytes);
            }
        }
    }

    private void BreakSequence(ModelInferRequest message, string reason) =>
        handler
            .FindSequences(message.ModelName, message.ModelVersion)
            ?.Break(GrpcRequestReader.SequenceId(message), reason);

    private static ModelInferResponse Message(
        ModelInferRequest request,
        InferenceAnswer response,
        RequestParameters parameters,
        List<RequestedOutput> outputs
    )
    {
        ModelInferResponse message = new()
        {
            ModelName = response.ModelName,
            ModelVersion = response.ModelVersion,
            Id = request.Id,
        };
        if (parameters.FinalResponse)
        {
            message.Parameters.Add("triton_final_response", new InferParameter { BoolParam = true });
        }
        if (parameters.SequenceId is { Length: > 0 } sequence)
        {
            message.Parameters.Add("sequence_id", SequenceId(sequence));
            message.Parameters.Add("sequence_start", new InferParameter { BoolParam = parameters.SequenceStart });
            message.Parameters.Add("sequence_end", new InferParameter { BoolParam = parameters.SequenceEnd });
        }
        foreach (Tensor output in response.Outputs)
        {
            ModelInferResponse.Types.InferOutputTensor described = new()
            {
                Name = output.Name,
                Datatype = output.Datatype.WireName(),
            };
            foreach (long dimension in output.Shape)
            {
                described.Shape.Add(dimension);
            }
            message.Outputs.Add(described);
            if (outputs.Find(requested => requested.Name == output.Name)?.Region is not { } region)
            {
                message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
                continue;
            }

            described.Parameters.Add("shared_memory_region", new InferParameter { StringParam = region.Region });
            described.Parameters.Add("shared_memory_byte_size", new InferParameter { Int64Param = output.ByteLength });
            if (region.Offset > 0)
            {
                described.Parameters.Add("shared_memory_offset", new InferParameter { Int64Param = region.Offset });
            }
        }

        return message;
    }

    /// <summary>As Triton has it: a number where it is one that fits, else a text.</summary>
    private static InferParameter SequenceId(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? new InferParameter { Int64Param = number }
            : new InferParameter { StringParam = id };

    /// <summary>An answer and the memory that its message lies on.</summary>
    private sealed record Answer(InferenceAnswer Response, ModelInferResponse Message) : IDisposable
    {
        public InferenceError Error => Response.Error;

        /// <summary>Begins as gRPC's own clients say it, where the deadline was the call's.</summary>
        public string ErrorMessage =>
            IsCallLate ? $"Deadline Exceeded: {Response.ErrorMessage}" : Response.ErrorMessage;

        /// <summary>Whether the deadline that was missed is the call's own, not one of the request's parameters.</summary>
        public bool IsCallLate { get; private init; }

        public Answer With(RequestParameters parameters) =>
            this with
            {
                IsCallLate = parameters.IsTimeoutOfCall && Error == InferenceError.DeadlineExceeded,
            };

        public static Answer Failure(ModelInferRequest request, InferenceError error, string message) =>
            new(
                new InferenceAnswer
                {
                    ModelName = request.ModelName,
                    Id = request.Id,
                    Error = error,
                    ErrorMessage = message,
                },
                new ModelInferResponse { ModelName = request.ModelName, Id = request.Id }
            );

        public void Dispose() => Response.Dispose();
    }
}
