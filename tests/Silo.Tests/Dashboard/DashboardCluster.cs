using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Dashboard;

/// <summary>
/// Two silos over one repository with a small model, and a browser; nothing where there is no browser, which skips its
/// tests.
/// </summary>
public sealed class DashboardCluster : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private SiloCluster? _cluster;
    private Browser? _browser;

    public SiloCluster Cluster => _cluster!;

    public Browser Browser => _browser!;

    public Uri Address => Cluster.Silos[0].Http.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        if (Dashboard.Browser.Path is null)
        {
            return;
        }
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
        string ads = Directory.CreateDirectory(Path.Combine(_models, "ads", "1")).FullName;
        string echo = Directory.CreateDirectory(Path.Combine(_models, "echo", "1")).FullName;
        File.Copy(
            OrleansInference.Tests.Shared.RepositoryRoot.File("models", "ads-ctr", "1", "model.onnx"),
            Path.Combine(ads, "model.onnx")
        );
        await File.WriteAllBytesAsync(
            Path.Combine(echo, "model.onnx"),
            FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.String, 1)
        );
        _browser = await Dashboard.Browser.StartAsync();
        _cluster = await SiloCluster.StartAsync(2, _models, redis: null, "--mode", "explicit", "--load-model", "scale");
        await _cluster.UntilAsync(state =>
            state.GetProperty("models").GetArrayLength() == 1
            && state.GetProperty("models")[0].GetProperty("replicas").GetArrayLength() == 2
        );
    }

    /// <summary>Closes the pages of a test.</summary>
    public async ValueTask ClosePagesAsync()
    {
        if (_browser is not null)
        {
            await _browser.ClosePagesAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        Directory.Delete(_models, recursive: true);
    }
}
