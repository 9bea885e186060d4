using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Simulation.Cluster;
using TorchSharp;

namespace OrleansInference.Training.Agents;

/// <summary>Trains a policy. Each update writes a checkpoint, from which another run continues.</summary>
internal sealed class PolicyTraining : IDisposable
{
    private const int GroupsPerUpdate = 8;
    private const int PlannerTasks = 2;
    private const int ValidationTasks = 16;
    private const int ValidateEvery = 8;
    private const long ValidationSeed = 9_000_000;
    private const long SeedsOfARun = 1_000_000;
    private const long SeedsOfAnUpdate = 100;

    private readonly PolicyTrainingOptions _options;
    private readonly PolicyNetwork _network;
    private readonly List<TrainingPoint> _points = [];

    /// <summary>Creates it, from the folder's checkpoint if there is one.</summary>
    public PolicyTraining(PolicyTrainingOptions options)
    {
        _options = options;
        Directory.CreateDirectory(options.Folder);
        torch.set_num_threads(options.Threads);
        torch.random.manual_seed(options.Seed);
        _network = new PolicyNetwork();
        if (!File.Exists(Checkpoint) || !File.Exists(Curve))
        {
            return;
        }
        _network.load(Checkpoint);
        _points = JsonSerializer.Deserialize<List<TrainingPoint>>(File.ReadAllText(Curve), TrainingCurve.Json)!;
    }

    /// <summary>The learning curve so far.</summary>
    public IReadOnlyList<TrainingPoint> Points => _points;

    /// <summary>Numbers that are trained and exported.</summary>
    public long Parameters => _network.ExportedParameters;

    private string Checkpoint => Path.Combine(_options.Folder, "checkpoint.dat");

    private string Curve => Path.Combine(_options.Folder, "curve.json");

    /// <summary>Trains until its minutes are over, and writes <c>policy.onnx</c> and the curve.</summary>
    /// <param name="report">Told of each update: the share done, and a line.</param>
    /// <param name="cancellationToken">Ends it after the update under way; what was learnt is kept.</param>
    /// <returns>The policy's path.</returns>
    public string Run(Action<double, string> report, CancellationToken cancellationToken)
    {
        using PpoTrainer trainer = new(_network, _options.Rate, _options.Seed + _points.Count);
        double before = _points.Count > 0 ? _points[^1].Seconds : 0;
        double total = (_options.AddsMinutes ? before : 0) + (_options.Minutes * 60);
        Stopwatch clock = Stopwatch.StartNew();
        while (!cancellationToken.IsCancellationRequested && before + clock.Elapsed.TotalSeconds < total)
        {
            double progress = (before + clock.Elapsed.TotalSeconds) / total;
            string line = Update(trainer, progress, () => before + clock.Elapsed.TotalSeconds);
            report(Math.Min(1, (before + clock.Elapsed.TotalSeconds) / total), line);
        }

        string path = Path.Combine(_options.Folder, "policy.onnx");
        File.WriteAllBytes(path, Export());
        TrainingCurve.Plot(_points, Path.Combine(_options.Folder, "curve.svg"));
        return path;
    }

    /// <inheritdoc />
    public void Dispose() => _network.Dispose();

    private string Update(PpoTrainer trainer, double progress, Func<double> seconds)
    {
        long first = (_options.Seed * SeedsOfARun) + (_points.Count * SeedsOfAnUpdate);
        PolicyTask Draw(long seed) => _options.Draw(seed, progress);
        using PolicyModel model = Load(Export());
        (List<KnobSample> samples, double gain) = KnobRollouts.Run(
            model.Run,
            Draw,
            [.. Enumerable.Range(0, GroupsPerUpdate).Select(i => first + i)]
        );
        // Seeds of their own, apart from those of the groups.
        List<PlanChoice> choices = PlanChoices.Collect(
            Draw,
            [.. Enumerable.Range(50, PlannerTasks).Select(i => first + i)]
        );
        (double entropy, double departures) = trainer.LearnKnobs(samples);
        double ranked = trainer.LearnRanks(choices, progress < _options.WarmStartShare);
        double validation = (_points.Count + 1) % ValidateEvery == 0 ? Validate() : double.NaN;
        TrainingPoint point = new(_points.Count + 1, seconds(), 100 * gain, entropy, departures, ranked, validation);
        _points.Add(point);
        _network.save(Checkpoint);
        File.WriteAllText(Curve, JsonSerializer.Serialize(_points, TrainingCurve.Json));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"update {point.Iteration}: {samples.Count} steps, gain {point.Gain:+0.00;-0.00} points, "
                + $"departures {departures:P0}, entropy {entropy:F2}, {choices.Count} plans ranked "
                + $"{ranked:P0}{(double.IsNaN(validation) ? "" : $", as served {validation:+0.00;-0.00}")}, "
                + $"{point.Seconds:F0} s"
        );
    }

    /// <summary>
    /// Validates the policy as it would be served, with guard and margin. Returns its SLO attainment above the
    /// default's, in points.
    /// </summary>
    private double Validate()
    {
        using PolicyModel model = Load(Export());
        double[] gains = new double[ValidationTasks];
        Parallel.For(
            0,
            ValidationTasks,
            i =>
            {
                PolicyTask task = _options.Draw(ValidationSeed + i, 1);
                double Attained(PolicySlot slot) =>
                    task.Run(
                        new SimulatedPolicy
                        {
                            Planner = new ReplicateWhereItFits(),
                            Tuner = () => new PolicyTuner(slot),
                        }
                    ).SloAttainment;
                gains[i] =
                    100
                    * (
                        Attained(new PolicySlot { Current = new LearnedPolicy("", model.Run) })
                        - Attained(new PolicySlot())
                    );
            }
        );
        return gains.Average();
    }

    private byte[] Export() =>
        PolicyExport.Write(
            _network,
            string.Create(CultureInfo.InvariantCulture, $"{_options.Provenance}, {_points.Count} updates")
        );

    private static PolicyModel Load(byte[] file) =>
        PolicyModel.Load(file, PolicySchema.Hash, PolicySchema.Width, PolicySchema.Actions);
}
