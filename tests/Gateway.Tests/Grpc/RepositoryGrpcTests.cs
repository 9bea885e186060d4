using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Grpc;

/// <summary>The repository, statistics and configuration over gRPC.</summary>
public sealed class RepositoryGrpcTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RepositoryIndex_AllOrReady_ListsThem()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        RepositoryIndexResponse all = await host.Grpc.RepositoryIndexAsync(new(), cancellationToken: Token);
        RepositoryIndexResponse ready = await host.Grpc.RepositoryIndexAsync(
            new() { Ready = true },
            cancellationToken: Token
        );

        Assert.Equal(
            [("broken", "1", "UNAVAILABLE"), ("echo", "3", "READY"), ("idle", "", "")],
            all.Models.Select(model => (model.Name, model.Version, model.State))
        );
        Assert.Equal("no such \"operator\"", all.Models[0].Reason);
        Assert.Equal("echo", Assert.Single(ready.Models).Name);
    }

    [Fact]
    public async Task RepositoryModelLoad_ConfigAndFiles_ReachTheRepository()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        RepositoryModelLoadRequest request = new() { ModelName = "new" };
        request.Parameters["config"] = new ModelRepositoryParameter { StringParam = "{}" };
        request.Parameters["file:1/model.onnx"] = new ModelRepositoryParameter
        {
            BytesParam = ByteString.CopyFrom(1, 2, 3),
        };

        await host.Grpc.RepositoryModelLoadAsync(request, cancellationToken: Token);
        await host.Grpc.RepositoryModelLoadAsync(new() { ModelName = "echo" }, cancellationToken: Token);

        (string model, ModelOverride? replacement)[] loads = [.. host.Repository.Loads];
        Assert.Equal(("new", "{}"), (loads[0].model, loads[0].replacement!.ConfigJson));
        Assert.Equal([1, 2, 3], loads[0].replacement!.Files["1/model.onnx"].ToArray());
        Assert.Equal(("echo", null), loads[1]);
    }

    [Fact]
    public async Task RepositoryModelLoad_AConfigThatIsNoText_IsRefused()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        RepositoryModelLoadRequest request = new()
        {
            ModelName = "new",
            Parameters = { ["config"] = new ModelRepositoryParameter { BoolParam = true } },
        };

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.RepositoryModelLoadAsync(request, cancellationToken: Token)
        );

        Assert.Equal(
            (StatusCode.InvalidArgument, "parameter 'config' must be a text of JSON"),
            (exception.StatusCode, exception.Status.Detail)
        );
        Assert.Empty(host.Repository.Loads);
    }

    [Theory]
    [InlineData("broken", "failed to load 'broken'")]
    [InlineData("throws", "")]
    public async Task RepositoryModelLoad_AFailure_IsInternalWithoutInsides(string model, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.RepositoryModelLoadAsync(new() { ModelName = model }, cancellationToken: Token)
        );

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.Contains(expected, exception.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RepositoryModelUnload_WithAndWithoutDependents_ReachesTheRepository()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        await host.Grpc.RepositoryModelUnloadAsync(new() { ModelName = "a" }, cancellationToken: Token);
        await host.Grpc.RepositoryModelUnloadAsync(
            new()
            {
                ModelName = "b",
                Parameters = { ["unload_dependents"] = new ModelRepositoryParameter { BoolParam = true } },
            },
            cancellationToken: Token
        );

        Assert.Equal([("a", false), ("b", true)], host.Repository.Unloads);
    }

    [Fact]
    public async Task ModelStatistics_OfAModel_AreTheCatalogs()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.Statistics = StatisticsSample.Full;

        ModelStatistics statistics = Assert.Single(
            (
                await host.Grpc.ModelStatisticsAsync(new() { Name = "echo", Version = "3" }, cancellationToken: Token)
            ).ModelStats
        );

        Assert.Equal(
            ("echo", "3", 1700000000123ul, 12ul, 5ul),
            (
                statistics.Name,
                statistics.Version,
                statistics.LastInference,
                statistics.InferenceCount,
                statistics.ExecutionCount
            )
        );
        InferStatistics stats = statistics.InferenceStats;
        Assert.Equal(
            [(10ul, 1000ul), (2, 2000), (10, 3000), (10, 4000), (10, 5000), (10, 6000)],
            new[]
            {
                stats.Success,
                stats.Fail,
                stats.Queue,
                stats.ComputeInput,
                stats.ComputeInfer,
                stats.ComputeOutput,
            }.Select(duration => (duration.Count, duration.Ns))
        );
        InferBatchStatistics batch = Assert.Single(statistics.BatchStats);
        Assert.Equal(
            (4ul, 70ul, 80ul, 90ul),
            (batch.BatchSize, batch.ComputeInput.Ns, batch.ComputeInfer.Ns, batch.ComputeOutput.Ns)
        );
        Assert.Equal(("CPU", 4096ul), (statistics.MemoryUsage[0].Type, statistics.MemoryUsage[0].ByteSize));
    }

    [Theory]
    [InlineData("nope", "", StatusCode.NotFound)]
    [InlineData("echo", "one", StatusCode.InvalidArgument)]
    [InlineData("throws", "", StatusCode.Internal)]
    public async Task StatisticsAndConfig_AnError_HaveItsStatus(string model, string version, StatusCode code)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        RpcException statistics = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.ModelStatisticsAsync(new() { Name = model, Version = version }, cancellationToken: Token)
        );
        RpcException config = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.ModelConfigAsync(new() { Name = model, Version = version }, cancellationToken: Token)
        );

        Assert.Equal((code, code), (statistics.StatusCode, config.StatusCode));
    }

    [Fact]
    public async Task ModelConfig_OfAModel_IsTheCatalogsAsAMessage()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        ModelConfig config = (
            await host.Grpc.ModelConfigAsync(new() { Name = "echo" }, cancellationToken: Token)
        ).Config;

        Assert.Equal(("echo", 8), (config.Name, config.MaxBatchSize));
    }
}
