using System.Net;
using System.Text;
using CsCheck;
using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Protocol;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Gateway.Tests;

/// <summary>
/// Bytes that nobody should send, over HTTP and gRPC: each is answered, none ends the server, and nothing stays behind.
/// 10 s each; with ORLEANS_INFERENCE_FULL ten times as long.
/// </summary>
public sealed class FuzzTests
{
    private const string Valid =
        """{"id":"1","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,2]}],"outputs":[{"name":"y","parameters":{"binary_data":true}}],"parameters":{"priority":1}}""";

    private static readonly string[] s_paths =
    [
        "/v2/models/echo/infer",
        "/v2/repository/models/echo/load",
        "/v2/repository/index",
        "/v2/cluster/models/echo/pin",
        "/v2/agent/mode",
        "/v2/agent/policies",
        "/v2/logging",
        "/v2/models/echo/trace/setting",
        "/v2/jobs",
        "/dashboard/login",
    ];

    private static readonly Gen<byte[]> s_body = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Mutated(Encoding.UTF8.GetBytes(Valid)),
        Gen.Char[' ', '~'].Array[0, 200].Select(text => Encoding.UTF8.GetBytes(text))
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Http_AnyBody_IsAnsweredAndNothingStaysBehind()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        Gen<(int Path, byte[] Body, int Header, int Type)> cases = Gen.Select(
            Gen.Int[0, s_paths.Length - 1],
            s_body,
            Gen.Int[-2, 400],
            Gen.Int[0, 3]
        );

        await cases.SampleAsync(
            async each =>
            {
                using HttpRequestMessage request = new(HttpMethod.Post, s_paths[each.Path])
                {
                    Content = new ByteArrayContent(each.Body),
                };
                if (each.Type == 1)
                {
                    request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", $"{each.Header}");
                }
                if (each.Type == 2)
                {
                    request.Content.Headers.ContentEncoding.Add("gzip");
                }
                if (each.Type == 3)
                {
                    request.Headers.TryAddWithoutValidation(
                        "X-Tenant",
                        string.Concat(
                            each.Body.Where(letter => letter is >= 32 and < 127).Select(letter => (char)letter)
                        )
                    );
                }
                using HttpResponseMessage answer = await host.Http.SendAsync(request, Token);
                return answer.StatusCode != HttpStatusCode.InternalServerError;
            },
            time: Fuzzing.Seconds,
            threads: 2
        );

        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Grpc_AnyMessage_IsAnsweredAndNothingStaysBehind()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest valid = new()
        {
            ModelName = "echo",
            Id = "1",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "FP32",
                    Shape = { 1, 2 },
                },
            },
            RawInputContents = { ByteString.CopyFrom(new byte[8]) },
        };

        await Mutated(valid.ToByteArray())
            .SampleAsync(
                async bytes =>
                {
                    ModelInferRequest request;
                    try
                    {
                        request = ModelInferRequest.Parser.ParseFrom(bytes);
                    }
                    catch (InvalidProtocolBufferException)
                    {
                        return true;
                    }

                    try
                    {
                        await host.Grpc.ModelInferAsync(
                            request,
                            deadline: DateTime.UnixEpoch.AddYears(200),
                            cancellationToken: Token
                        );
                        return true;
                    }
                    catch (RpcException exception)
                    {
                        return exception.StatusCode is not (StatusCode.Internal or StatusCode.Unknown);
                    }
                },
                time: Fuzzing.Seconds,
                threads: 2
            );

        await host.StopAndCheckAsync();
    }

    /// <summary>Something valid with bytes changed, cut out or put in.</summary>
    private static Gen<byte[]> Mutated(byte[] valid) =>
        Gen.Select(
            Gen.Int[0, valid.Length - 1],
            Gen.Int[0, 12],
            Gen.Byte.Array[0, 12],
            (at, cut, put) => Fuzzing.Changed(valid, at, cut, put)
        );
}
