using System.Globalization;
using OrleansInference.Agent.Policy;
using OrleansInference.Research.Evaluation;
using OrleansInference.Simulation.Workloads;

// evaluation --overhead: what the slow loop costs
// evaluation --shifts [--traces N] [--seconds S] [--out FILE]: something changes half-way
// evaluation --capacity [--target 0.95] [--traces N] [--seconds S] [--nodes 1,2,4,8]: how many requests a second a
// cluster answers in time evaluation --oracle [--traces N] [--seconds S] [--adapting S]: what no scheduler could
// exceed, without judging anybody evaluation --agent [--scenarios a,b] [--shapes a,b] [--traces N] [--seed N]: the
// agent alone, to compare two versions of it within minutes evaluation --policy-cost a.onnx: how long a learned policy
// takes to answer evaluation --policies a.onnx,b.onnx [--traces N] [--scenarios a,b] [--shapes a,b] [--out FILE]:
// learned policies against the planner alone evaluation [--scenarios a,b] [--shapes a,b] [--training N] [--traces N]
// [--seconds S] [--adapting S] [--seed N] [--out FILE]: N is the first held-out trace's
string Option(string name, string fallback) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;

Cell[] Cells() =>
    [
        .. from scenario in Option("--scenarios", string.Join(',', Scenarios.All.Select(scenario => scenario.Name)))
            .Split(',')
        from shape in Option("--shapes", "equal,unequal,tight").Split(',')
        select new Cell(
            Scenarios.Find(scenario),
            shape,
            4,
            shape switch
            {
                "equal" => 0.55,
                "unequal" => 0.5,
                _ => 0.45,
            }
        ),
    ];

int Number(string name, int fallback) => int.Parse(Option(name, $"{fallback}"), CultureInfo.InvariantCulture);

if (args.Contains("--overhead"))
{
    // Cost of the slow loop with the options that ship.
    foreach (
        Cell cell in new[]
        {
            new Cell(Scenarios.Find("cloud"), "unequal", 4, 0.5),
            new Cell(Scenarios.Find("ads"), "equal", 8, 0.5),
        }
    )
    {
        OrleansInference.Agent.Planning.AgentPlanner planner = new(
            new OrleansInference.Agent.Planning.AgentOptions(),
            new OrleansInference.Simulation.Trials.TwinTrial()
        );
        (double share, double longest) = PlannerCost.Measure(cell, planner, 300, 60);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Name}: {share:P2} of a core, longest call {longest * 1000:F0} ms"
            )
        );
    }

    return;
}

if (args.Contains("--shifts"))
{
    Cell[] cells =
    [
        new(Scenarios.Find("social"), "equal", 4, 0.55),
        new(Scenarios.Find("ads"), "unequal", 4, 0.5),
        new(Scenarios.Find("bigdata"), "unequal", 4, 0.5),
        new(Scenarios.Find("cloud"), "tight", 4, 0.45),
    ];
    (string, Func<OrleansInference.Simulation.Cluster.SimulatedPolicy>)[] others =
    [
        .. Contestants.Baselines.Select(baseline => (baseline.Name, baseline.Settings[0].Create)),
    ];
    string table = new ShiftSuite(Number("--traces", 5), Number("--seconds", 80)).Judge(
        cells,
        () => Contestants.Create(Contestants.PeriodSeconds, Contestants.LeastGain),
        others,
        done => Console.Error.WriteLine(done)
    );
    if (Option("--out", "") is { Length: > 0 } file)
    {
        File.WriteAllText(file, table);
    }
    else
    {
        Console.WriteLine(table);
    }
    return;
}

if (args.Contains("--capacity"))
{
    CapacityGuide guide = new(
        double.Parse(Option("--target", "0.95"), CultureInfo.InvariantCulture),
        Number("--traces", 2),
        Number("--seconds", 60),
        adapting: 20
    );
    string table = guide.Table(
        [
            .. Option("--scenarios", string.Join(',', Scenarios.All.Select(scenario => scenario.Name)))
                .Split(',')
                .Select(Scenarios.Find),
        ],
        [.. Option("--nodes", "1,2,4,8").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))],
        done => Console.Error.WriteLine(done)
    );
    if (Option("--out", "") is { Length: > 0 } file)
    {
        File.WriteAllText(file, table);
    }
    else
    {
        Console.WriteLine(table);
    }
    return;
}

if (Option("--policy-cost", "") is { Length: > 0 } costly)
{
    using OrleansInference.Engine.Policies.PolicyModel model = OrleansInference.Engine.Policies.PolicyModel.Load(
        File.ReadAllBytes(costly),
        PolicySchema.Hash,
        PolicySchema.Width,
        PolicySchema.Actions
    );
    foreach (
        (string what, int sets, int count) in new[]
        {
            ("a replica's knobs", 1, 1),
            ("24 candidate plans", 24, PolicySchema.MostTokens),
        }
    )
    {
        float[] tokens = new float[sets * count * PolicySchema.Width];
        float[] mask = [.. Enumerable.Repeat(1f, sets * count)];
        float[] actions = new float[sets * count * PolicySchema.Actions];
        float[] ranks = new float[sets];
        double[] milliseconds = new double[5000];
        for (int i = -500; i < milliseconds.Length; i++)
        {
            long begun = System.Diagnostics.Stopwatch.GetTimestamp();
            model.Run(tokens, mask, sets, count, actions, ranks);
            if (i >= 0)
            {
                milliseconds[i] = System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            }
        }

        Array.Sort(milliseconds);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: p50 {milliseconds[2500]:F3} ms, p99 {milliseconds[4950]:F3} ms"
            )
        );
    }

    return;
}

if (Option("--policies", "") is { Length: > 0 } policies)
{
    string report = new PolicySuite(Number("--traces", 20), Number("--seconds", 80), Number("--adapting", 20)).Judge(
        Cells(),
        policies.Split(','),
        file =>
            OrleansInference
                .Engine.Policies.PolicyModel.Load(
                    File.ReadAllBytes(file),
                    PolicySchema.Hash,
                    PolicySchema.Width,
                    PolicySchema.Actions
                )
                .Run,
        done => Console.Error.WriteLine(done)
    );
    if (Option("--out", "") is { Length: > 0 } target)
    {
        File.WriteAllText(target, report);
    }
    else
    {
        Console.WriteLine(report);
    }
    return;
}

Evaluator evaluator = new(
    Number("--training", 2),
    Number("--traces", 10),
    Number("--seconds", 80),
    Number("--adapting", 20),
    Number("--seed", 5000)
);
if (args.Contains("--oracle"))
{
    foreach (Cell cell in Cells())
    {
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{cell.Name}: {evaluator.Bound(cell).Average():P1}")
        );
    }
    return;
}

if (args.Contains("--agent"))
{
    foreach (Cell cell in Cells())
    {
        (string setting, double[] after, double[] during) = evaluator.Measure(cell, Contestants.Planner);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Name}: {after.Average():P1}, {during.Average():P1} while adapting ({setting})"
            )
        );
    }

    return;
}

List<CellReport> reports = [];
foreach (Cell cell in Cells())
{
    Console.Error.WriteLine(cell.Name);
    reports.Add(
        evaluator.Judge(
            cell,
            [Contestants.Planner, .. Contestants.Baselines],
            done => Console.Error.WriteLine($"  {done}")
        )
    );
    string report = EvaluationReport.Write(reports);
    if (Option("--out", "") is { Length: > 0 } path)
    {
        File.WriteAllText(path, report);
    }
    else
    {
        Console.WriteLine(report);
    }
}
