using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Gateway.Warmup;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Warmup;

public sealed class WarmupRequestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<TensorDatatype> Datatypes =>
        [.. Enum.GetValues<TensorDatatype>().Where(datatype => datatype != TensorDatatype.None)];

    /// <summary>Three forms, one request: free dimensions are 1.</summary>
    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task For_AnyDatatype_IsReadAlikeInEveryForm(TensorDatatype datatype)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"));
        WarmupRequest request = WarmupRequest.For(Model(new TensorMetadata("x", datatype, [-1, 3])))!;
        gateway.WarmupToken.Open();
        using WarmupClient client = new(Options(gateway), gateway.WarmupToken.Value);
        List<string> seen = [];
        gateway.Dispatcher.Handler = (inference, _) =>
        {
            Tensor input = Assert.Single(inference.Inputs);
            seen.Add(
                $"{input.Name} {input.Datatype} {TensorShape.Format(input.Shape)} "
                    + $"{Convert.ToHexString(input.Data.Span)}"
            );
            return ValueTask.FromResult(gateway.Dispatcher.Answer(inference));
        };

        bool json = await client.SendJsonAsync(request, Token);
        bool binary = await client.SendBinaryAsync(request, Token);
        bool grpc = await client.SendGrpcAsync(request, Token);

        Assert.True(json && binary && grpc);
        Assert.Equal(3, seen.Count);
        Assert.StartsWith($"x {datatype} [1,3] ", seen[0], StringComparison.Ordinal);
        Assert.All(seen, form => Assert.Equal(seen[0], form));
    }

    [Fact]
    public void For_InputsBeyondTheLimit_IsNone()
    {
        Assert.Null(WarmupRequest.For(Model(new TensorMetadata("x", TensorDatatype.Fp32, [1, 4096, 4096]))));
        Assert.Null(WarmupRequest.For(Model(new TensorMetadata("x", TensorDatatype.Bytes, [long.MaxValue, 2]))));
    }

    private static GatewayOptions Options(GatewayHost gateway) =>
        new() { HttpPort = gateway.HttpPort, GrpcPort = gateway.GrpcPort };

    private static ModelMetadata Model(TensorMetadata input) =>
        new("echo", ["3"], "onnxruntime_onnx", [input], [], "CPUExecutionProvider", []);
}
