using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Silo.Tests;

/// <summary>The client against a silo in another process.</summary>
public sealed class OrleansClientTests(ServedModels served) : IAsyncLifetime
{
    private IHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IInferenceClient Client => _host.Services.GetRequiredService<IInferenceClient>();

    public async ValueTask InitializeAsync()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, served.Silo.GatewayPort));
        _host = builder.Build();
        await _host.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(Token);
        _host.Dispose();
    }

    [Theory]
    [InlineData("nope", "", InferenceError.NotFound, "'nope' is not found")]
    [InlineData("mlp", "7", InferenceError.NotFound, "ready versions: 1")]
    [InlineData("corrupt", "", InferenceError.Unavailable, "failed to load 'corrupt'")]
    [InlineData("plain", "", InferenceError.InvalidArgument, "[3]")]
    public async Task InferAsync_ARefusedRequest_ThrowsItsError(
        string model,
        string version,
        InferenceError error,
        string expected
    )
    {
        InferenceRequest request = new()
        {
            ModelName = model,
            ModelVersion = version,
            Inputs = [Row(model == "plain" ? 5 : 4)],
        };

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            Client.InferAsync(request, Token)
        );

        Assert.Equal(error, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_ADeadlineThatCannotBeMet_ThrowsDeadlineExceeded()
    {
        InferenceRequest request = new()
        {
            ModelName = "waits",
            Inputs = [Row(4)],
            Timeout = TimeSpan.FromMicroseconds(1),
        };

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            Client.InferAsync(request, Token)
        );

        Assert.Equal(InferenceError.DeadlineExceeded, exception.Error);
    }

    [Fact]
    public async Task InferAsync_CancelledWhileItWaits_Throws()
    {
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceResult> call = Client.InferAsync(
            new InferenceRequest { ModelName = "waits", Inputs = [Row(4)] },
            source.Token
        );

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task GetModelMetadataAsync_AModelAndNone_AnswersOrThrows()
    {
        ModelMetadata metadata = await Client.GetModelMetadataAsync("mlp", cancellationToken: Token);

        Assert.Equal(("x", "y"), (metadata.Inputs.Single().Name, metadata.Outputs.Single().Name));
        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            Client.GetModelMetadataAsync("nope", cancellationToken: Token)
        );
        Assert.Equal(InferenceError.NotFound, exception.Error);
    }

    private static Tensor Row(int width) => new("x", TensorDatatype.Fp32, [1, width], new byte[width * sizeof(float)]);
}
