using System.Net;
using System.Runtime.InteropServices;
using Grpc.Core;
using OrleansInference.Load.Http;
using OrleansInference.Protocol;

namespace OrleansInference.Load.Grpc;

/// <summary>One call whose first output is compared, so that a fast wrong answer is not measured.</summary>
internal static class GrpcOutputCheck
{
    /// <summary>Null when the first output is the expected one, else what is wrong.</summary>
    public static async Task<string?> ProblemAsync(
        IPEndPoint server,
        byte[] request,
        float[] expected,
        CancellationToken cancellation
    )
    {
        try
        {
            using var channel = InferChannel.Open(server);
            var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
            var answer = await client.ModelInferAsync(
                ModelInferRequest.Parser.ParseFrom(request),
                deadline: InferChannel.Deadline(),
                cancellationToken: cancellation
            );
            return answer.RawOutputContents.Count == 0
                ? "the answer has no raw_output_contents"
                : OutputCheck.Difference(MemoryMarshal.Cast<byte, float>(answer.RawOutputContents[0].Span), expected);
        }
        catch (RpcException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            return $"the call failed with {failure.StatusCode}: {failure.Status.Detail}";
        }
    }
}
