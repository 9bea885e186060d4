using System.Globalization;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class ModelProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("probe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1500, 1, 1)]
    [InlineData(200, 2, 12)]
    [InlineData(1, 2, 80)]
    public void Run_AModelOfSomeMilliseconds_IsRunAsOftenAsTheBudgetAllows(double milliseconds, int least, int most)
    {
        using ModelProbe probe = Probe(FixtureModels.Mlp(4, 8, 2, seed: 1), milliseconds, out ModelSignature signature);

        probe.Run(signature);

        Assert.InRange(probe.Runs, least, most);
        Assert.Equal("", probe.Failure);
        // A run right behind another makes up for what a timer was late with, which can be all of a short run.
        double shortest = milliseconds < 100 ? 0 : 0.5 * milliseconds / 1000;
        Assert.True(probe.FirstRowSeconds >= shortest, $"{probe.FirstRowSeconds} s");
    }

    [Fact]
    public void Run_RowsThatMeetWhereAValueIsLarge_FindsIt()
    {
        using ModelProbe probe = Probe(
            FixtureModels.RowsInteractWhereLarge(4),
            milliseconds: null,
            out ModelSignature signature
        );

        probe.Run(signature);

        Assert.Contains("output 'y' has", probe.Difference, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_RowsThatStayApart_FindsNothing()
    {
        using ModelProbe probe = Probe(
            FixtureModels.Mlp(4, 8, 2, seed: 1),
            milliseconds: null,
            out ModelSignature signature
        );

        probe.Run(signature);

        Assert.Null(probe.Difference);
        Assert.True(probe.Cost.Current.IsKnown);
    }

    private ModelProbe Probe(byte[] model, double? milliseconds, out ModelSignature signature)
    {
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, model);
        EngineClock clock = new(TimeProvider.System);
        EmulatedDevice? device = milliseconds is { } run ? Device(run, clock) : null;
        SessionSettings settings = new() { Path = path, Emulated = device?.Profile.Of("m") };
        Microsoft.ML.OnnxRuntime.InferenceSession onnx = settings.CreateSession();
        signature = SignatureReader.Read("m", onnx, new ModelConfig(), 64, new HashSet<string>());
        return new ModelProbe(new ModelSession(onnx, settings, signature) { Device = device }, clock, rounds: false);
    }

    private EmulatedDevice Device(double milliseconds, EngineClock clock)
    {
        string profile = Path.Combine(_folder, "device.json");
        File.WriteAllText(
            profile,
            """{"memory_mib":100,"models":{"*":{"batch_ms":{"1":MS}}}}""".Replace(
                "MS",
                milliseconds.ToString(CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            )
        );
        return new EmulatedDevice(DeviceProfile.Read(profile), clock);
    }
}
