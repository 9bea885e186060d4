using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;
using OrleansInference.Protocol;

namespace OrleansInference.Client.Grpc;

/// <summary>Inference over gRPC with any KServe v2 server; streams where the server has Triton's stream.</summary>
internal sealed class GrpcInferenceClient(
    IDisposable connections,
    GRPCInferenceService.GRPCInferenceServiceClient grpc,
    TimeProvider time
) : IInferenceClient, IDisposable
{
    /// <summary>Requests of a stream that may wait for their answers.</summary>
    private const int Window = 64;

    /// <summary>Closes the connections.</summary>
    public void Dispose() => connections.Dispose();

    /// <inheritdoc />
    public async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Deadline deadline = new(request, time, cancellationToken);
        try
        {
            return GrpcMessages.Read(
                await grpc.ModelInferAsync(GrpcMessages.Write(request), cancellationToken: deadline.Token)
                    .ConfigureAwait(false)
            );
        }
        catch (Exception exception)
            when (exception is RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw deadline.HasPassed
                ? deadline.ToException()
                : new InferenceException(InferenceError.Cancelled, "the server cancelled the request", exception);
        }
        catch (RpcException exception)
        {
            throw Error(exception);
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<InferenceOutcome> StreamAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = grpc.ModelStreamInfer(
            cancellationToken: stop.Token
        );
        // What waits for its answer, in order, which is how the server gives them.
        Channel<InferenceRequest> sent = Channel.CreateBounded<InferenceRequest>(
            new BoundedChannelOptions(Window) { SingleReader = true, SingleWriter = true }
        );
        Task sending = SendAsync(requests, call.RequestStream, sent.Writer, stop.Token);
        try
        {
            await foreach (
                InferenceRequest request in sent.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)
            )
            {
                yield return await NextAsync(request, call.ResponseStream, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            // Whoever stops reading ends the sending too, which may be waiting for room in the window.
            await stop.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc />
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            ServerReadyResponse answer = await grpc.ServerReadyAsync(
                    new ServerReadyRequest(),
                    cancellationToken: cancellationToken
                )
                .ConfigureAwait(false);
            return answer.Ready;
        }
        catch (RpcException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <inheritdoc />
    public async Task<ModelMetadata> GetModelMetadataAsync(
        string modelName,
        string modelVersion,
        CancellationToken cancellationToken
    )
    {
        try
        {
            ModelMetadataResponse message = await grpc.ModelMetadataAsync(
                    new ModelMetadataRequest { Name = modelName, Version = modelVersion },
                    cancellationToken: cancellationToken
                )
                .ConfigureAwait(false);
            return new ModelMetadata(
                message.Name,
                [.. message.Versions],
                message.Platform,
                [.. message.Inputs.Select(Tensor)],
                [.. message.Outputs.Select(Tensor)],
                "",
                []
            );
        }
        catch (RpcException exception)
            when (exception.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (RpcException exception)
        {
            throw Error(exception);
        }
    }

    private static TensorMetadata Tensor(ModelMetadataResponse.Types.TensorMetadata tensor) =>
        new(
            tensor.Name,
            TensorDatatypes.TryParse(tensor.Datatype, out TensorDatatype datatype) ? datatype : TensorDatatype.None,
            [.. tensor.Shape]
        );

    private static InferenceException Error(RpcException exception) =>
        new(
            // A handshake that fails is no answer of the server, whatever the library calls it.
            exception.Status.DebugException
                is HttpRequestException
                    or IOException
                ? InferenceError.Unavailable
                : GrpcErrors.FromStatus(exception.StatusCode),
            exception.Status.Detail,
            exception
        );

    private static async Task SendAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        IClientStreamWriter<ModelInferRequest> stream,
        ChannelWriter<InferenceRequest> sent,
        CancellationToken stop
    )
    {
        Exception? failure = null;
        try
        {
            await foreach (InferenceRequest request in requests.WithCancellation(stop).ConfigureAwait(false))
            {
                // Before it is sent: no answer may come that nobody waits for.
                await sent.WriteAsync(request, stop).ConfigureAwait(false);
                // The server has closed the stream: its reason comes where answers are read.
                if (!await IsOpenAsync(stream.WriteAsync(GrpcMessages.Write(request), stop)).ConfigureAwait(false))
                {
                    break;
                }
            }

            await IsOpenAsync(stream.CompleteAsync()).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The caller's own requests threw; it reaches whoever reads the answers, behind those that came before it.
            failure = exception;
        }

        sent.Complete(failure);
    }

    /// <summary>False when the server has ended the stream; whoever reads the answers learns why.</summary>
    private static async Task<bool> IsOpenAsync(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<InferenceOutcome> NextAsync(
        InferenceRequest request,
        IAsyncStreamReader<ModelStreamInferResponse> answers,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (!await answers.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                throw new InferenceException(
                    InferenceError.Unavailable,
                    "the server ended the stream before it had answered"
                );
            }
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Error(exception);
        }

        ModelStreamInferResponse answer = answers.Current;
        // The stream has an error's text only; what kind of error it was is not on the wire.
        return answer.ErrorMessage.Length == 0
            ? new InferenceOutcome(GrpcMessages.Read(answer.InferResponse))
            : new InferenceOutcome(request.Id, new InferenceException(InferenceError.Internal, answer.ErrorMessage));
    }
}
