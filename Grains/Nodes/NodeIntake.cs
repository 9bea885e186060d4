using Microsoft.Extensions.Options;
using OrleansInference.Grains.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Takes the requests that other nodes send here, within <see cref="NodeOptions.MaxBytesInFlight"/>, until the node
/// drains.
/// </summary>
internal sealed class NodeIntake(
    ClusterNode node,
    RequestDispatcher dispatcher,
    NodeDrain drain,
    IOptions<NodeOptions> options
)
{
    private long _bytesInFlight;

    /// <summary>
    /// Runs a request on this node. The answer's tensors are released when they have been written to the wire.
    /// </summary>
    public async Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        long bytes = request.Inputs.Sum(input => (long)input.ByteLength);
        long held = Interlocked.Add(ref _bytesInFlight, bytes);
        try
        {
            // One request is always let in, however large: it could never be served otherwise.
            if (held > options.Value.MaxBytesInFlight && held > bytes)
            {
                return Refuse(request, held - bytes);
            }
            InferenceAnswer response = await node.RunCountedAsync(
                dispatcher.InferHereAsync,
                request,
                cancellationToken
            );
            node.CountServed(bytes + response.Outputs.Sum(output => (long)output.ByteLength));
            // Writing the answer to the wire is this silo's last use of it.
            foreach (Tensor output in response.Outputs)
            {
                output.ReleaseWhenSerialized = true;
            }

            return response;
        }
        finally
        {
            Interlocked.Add(ref _bytesInFlight, -bytes);
        }
    }

    /// <summary>Takes no more requests once other nodes serve what this one did.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => drain.BeginAsync(cancellationToken);

    private InferenceAnswer Refuse(InferenceCall request, long held)
    {
        request.Dispose();
        string message =
            $"node '{node.Name}' holds {held} of at most {options.Value.MaxBytesInFlight} bytes of requests "
            + "(Node:MaxBytesInFlight); try again later";
        return InferenceAnswer.Failure(request, InferenceError.ResourceExhausted, message);
    }
}
