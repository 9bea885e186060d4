using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Folders;

/// <summary>
/// Files of other users, in every mode, there from the start or put there later. Needs a silo that is not root, and
/// root to start it.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class ForeignFilesTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable =
        Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly string[] AsNobody =
    [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "env",
        "HOME=/nonexistent",
        "DOTNET_CLI_HOME=/nonexistent",
    ];

    private static readonly string[] Served = ["closed-beside", "closed-labels", "read-only"];

    /// <summary>Each model and what the index says of it.</summary>
    private static readonly (string Model, string Reason)[] Kinds =
    [
        ("lost+found", "cannot be read: permission denied"),
        ("closed-version", "cannot be read: permission denied"),
        ("closed-file", "denied"),
        ("closed-config", "denied"),
        ("closed-weights", "denied"),
        ("names-only", "cannot be reached: permission denied"),
        ("closed-store", "cannot be reached: permission denied"),
        ("closed-beside", ""),
        ("closed-labels", "label_filename of output 'y' has no effect"),
        ("read-only", ""),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("foreign").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Models => Path.Combine(_folder, "models");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("all")]
    [InlineData("explicit")]
    [InlineData("poll")]
    [InlineData("demand")]
    public async Task Start_FilesOfOthers_AreNamedAndTheOthersServe(string mode)
    {
        await RequireNobodyAsync();
        MakeFolder(Models);
        MakeModel("good");
        foreach ((string model, _) in Kinds)
        {
            Make(model, model);
        }
        string[] named =
            mode == "explicit"
                ?
                [
                    .. Kinds
                        .Select(kind => kind.Model)
                        .Append("good")
                        .SelectMany(model => new[] { "--load-model", model }),
                ]
                : [];
        await using SiloProcess silo = await SiloProcess.StartByAsync(
            AsNobody,
            Models,
            ["--mode", mode, "--Engine:PollSeconds=1", .. named]
        );
        if (mode == "demand")
        {
            foreach ((string model, _) in Kinds)
            {
                await InferAsync(silo, model);
            }
        }
        await RequireAsync(silo, suffix: "");

        // The same once more while it runs.
        foreach ((string model, _) in Kinds)
        {
            Make(model, model + "-later");
        }
        foreach ((string model, _) in Kinds)
        {
            if (mode == "demand")
            {
                await InferAsync(silo, model + "-later");
            }
            else if (mode == "explicit")
            {
                (
                    await silo.Http.PostAsync(
                        $"/v2/repository/models/{Uri.EscapeDataString(model)}-later/load",
                        content: null,
                        Token
                    )
                ).Dispose();
            }
        }

        // Mode all looks once: what comes later is in the index, and not loaded.
        if (mode != "all")
        {
            await RequireAsync(silo, "-later");
        }
        await IndexAsync(silo, "lost+found-later", "UNAVAILABLE", "cannot be read: permission denied");
        Assert.Equal(2f, await InferAsync(silo, "good"));
        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task Poll_PermissionComesAndGoes_IsFollowed()
    {
        await RequireNobodyAsync();
        MakeFolder(Models);
        MakeModel("good");
        MakeModel("m");
        string file = Path.Combine(Models, "m", "1", "model.onnx");
        File.SetUnixFileMode(file, UnixFileMode.None);
        await using SiloProcess silo = await SiloProcess.StartByAsync(
            AsNobody,
            Models,
            "--mode",
            "poll",
            "--Engine:PollSeconds=1"
        );
        await IndexAsync(silo, "m", "UNAVAILABLE", "denied");

        File.SetUnixFileMode(file, Readable);
        await IndexAsync(silo, "m", "READY", "");
        File.SetUnixFileMode(Path.Combine(Models, "m"), UnixFileMode.None);
        await IndexAsync(silo, "m", "READY", "permission denied");
        Assert.Equal(2f, await InferAsync(silo, "m"));
        File.SetUnixFileMode(Path.Combine(Models, "m"), Readable);
        await IndexAsync(silo, "m", "READY", "");
    }

    [Fact]
    public async Task Start_NoPlaceForACopyOfTheWeights_IsThatModelsReason()
    {
        await RequireNobodyAsync();
        MakeFolder(Models);
        MakeModel("good");
        Make("read-only", "m");
        string closed = Path.Combine(_folder, "temporary");
        MakeFolder(closed);
        await using SiloProcess silo = await SiloProcess.StartByAsync(
            [.. AsNobody, $"TMPDIR={closed}"],
            Models,
            "--mode",
            "all"
        );

        await IndexAsync(silo, "m", "UNAVAILABLE", closed);
        Assert.Equal(2f, await InferAsync(silo, "good"));
    }

    private static async Task RequireNobodyAsync()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Assert.Skip("needs root, to start a silo as another user");
        }
        try
        {
            // A checkout that only its owner may enter cannot be run by anybody else.
            ProcessStartInfo start = new(
                "setpriv",
                [.. AsNobody[1..], "test", "-r", typeof(ForeignFilesTests).Assembly.Location]
            );
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync(Token);
            if (process.ExitCode != 0)
            {
                Assert.Skip("another user may not read this checkout");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("setpriv is not installed");
        }
    }

    private static async Task RequireAsync(SiloProcess silo, string suffix)
    {
        foreach ((string model, string reason) in Kinds)
        {
            await IndexAsync(silo, model + suffix, Served.Contains(model) ? "READY" : "UNAVAILABLE", reason);
            Assert.Equal(
                !Served.Contains(model) ? null
                    : model == "read-only" ? 3f
                    : 2f,
                await InferAsync(silo, model + suffix)
            );
        }

        Assert.Equal(2f, await InferAsync(silo, "good"));
    }

    private static async Task IndexAsync(SiloProcess silo, string model, string state, string reason)
    {
        JsonElement line = default;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!Holds())
        {
            if (limit.IsCancellationRequested)
            {
                Assert.Fail($"the index says of '{model}': {line}");
            }
            await Task.Yield();
            using HttpResponseMessage response = await silo.Http.PostAsync(
                "/v2/repository/index",
                content: null,
                Token
            );
            line = (await response.Content.ReadFromJsonAsync<JsonElement>(Token))
                .EnumerateArray()
                .FirstOrDefault(other => other.GetProperty("name").GetString() == model);
        }

        bool Holds() =>
            Text("state") == state
            && (
                reason.Length == 0
                    ? Text("reason").Length == 0
                    : Text("reason").Contains(reason, StringComparison.Ordinal)
            );

        string Text(string property) =>
            line.ValueKind == JsonValueKind.Object && line.TryGetProperty(property, out JsonElement value)
                ? value.GetString()!
                : "";
    }

    private static async Task<float?> InferAsync(SiloProcess silo, string model)
    {
        using HttpResponseMessage response = await silo.Http.PostAsJsonAsync(
            $"/v2/models/{Uri.EscapeDataString(model)}/infer",
            new
            {
                inputs = new[]
                {
                    new
                    {
                        name = "x",
                        shape = new[] { 1, 1 },
                        datatype = "FP32",
                        data = new[] { 1 },
                    },
                },
            },
            Token
        );
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        return response.IsSuccessStatusCode
            ? answer.GetProperty("outputs")[0].GetProperty("data")[0].GetSingle()
            : null;
    }

    private static void MakeFolder(string path)
    {
        foreach (string folder in new[] { Path.GetDirectoryName(path)!, path })
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, Readable);
        }
    }

    private string MakeModel(string name, byte[]? model = null)
    {
        string version = Path.Combine(Models, name, "1");
        MakeFolder(version);
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model ?? FixtureModels.Scale(1, 2));
        return version;
    }

    /// <summary>Makes a kind aside and moves it in, so that it is never seen before it is closed.</summary>
    private void Make(string kind, string name)
    {
        string version = MakeModel("." + name, kind is "closed-weights" or "read-only" ? Adds() : null);
        string model = Path.GetDirectoryName(version)!;
        if (kind is "closed-weights" or "read-only")
        {
            File.WriteAllBytes(Path.Combine(version, "w"), BitConverter.GetBytes(2f));
        }
        switch (kind)
        {
            case "lost+found":
                File.SetUnixFileMode(model, Owner);
                break;
            case "closed-version":
                File.SetUnixFileMode(version, Owner);
                break;
            case "closed-file":
                File.SetUnixFileMode(Path.Combine(version, "model.onnx"), UnixFileMode.None);
                break;
            case "closed-weights":
                File.SetUnixFileMode(Path.Combine(version, "w"), UnixFileMode.UserRead);
                break;
            case "names-only":
                File.SetUnixFileMode(model, Owner | UnixFileMode.OtherRead);
                break;
            case "closed-config":
                Closed(Path.Combine(model, "config.pbtxt"), "max_batch_size: 8");
                break;
            case "closed-labels":
                File.WriteAllText(
                    Path.Combine(model, "config.pbtxt"),
                    "output { name: \"y\" label_filename: \"labels.txt\" }"
                );
                Closed(Path.Combine(model, "labels.txt"), "one");
                break;
            case "closed-beside":
                Closed(Path.Combine(version, "notes"), "x");
                Directory.CreateDirectory(Path.Combine(version, "cache"), Owner);
                break;
            case "closed-store":
                string store = Directory.CreateDirectory(Path.Combine(_folder, "store-" + name), Owner).FullName;
                Directory.Move(version, Path.Combine(store, "1"));
                Directory.CreateSymbolicLink(version, Path.Combine(store, "1"));
                break;
            default:
                foreach (
                    string path in new[]
                    {
                        Path.Combine(version, "w"),
                        Path.Combine(version, "model.onnx"),
                        version,
                        model,
                    }
                )
                {
                    File.SetUnixFileMode(
                        path,
                        File.GetUnixFileMode(path)
                            & ~(UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)
                    );
                }
                break;
        }

        Directory.Move(model, Path.Combine(Models, name));
    }

    private static void Closed(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
    }

    private static byte[] Adds() =>
        new OnnxGraphBuilder("adds")
            .Input("x", TensorProto.Types.DataType.Float, "batch", 1)
            .Initializer(OnnxTensor.External("w", TensorProto.Types.DataType.Float, "w", 0, sizeof(float), 1))
            .Node("Add", ["x", "w"], ["y"])
            .Output("y", TensorProto.Types.DataType.Float, "batch", 1)
            .ToBytes();
}
