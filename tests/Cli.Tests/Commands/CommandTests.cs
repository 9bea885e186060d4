using System.Text.Json;
using Spectre.Console.Testing;

namespace OrleansInference.Cli.Tests.Commands;

public sealed class CommandTests
{
    private const string Model =
        """{"name":"m","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]}""";
    private const string Statistics =
        """{"model_stats":[{"name":"m","version":"1","inference_count":12,"execution_count":3,"inference_stats":{"success":{"count":6,"ns":1},"fail":{"count":2,"ns":1},"queue":{"count":6,"ns":12000},"compute_infer":{"count":6,"ns":18000}}}]}""";

    private const string Running =
        """{"id":"j","state":"running","model":"m","version":"1","input":"/d/in.csv","output":"/d/out.csv","rows":10,"rows_done":4,"shards":5,"shards_done":2,"shards_running":1,"shards_recovered":1,"change":7}""";
    private const string Completed =
        """{"id":"j","state":"completed","model":"m","version":"1","input":"/d/in.csv","output":"/d/out.csv","rows":10,"rows_done":10,"shards":5,"shards_done":5,"shards_running":0,"shards_recovered":1,"change":8}""";
    private const string FailedJob =
        """{"id":"f","state":"failed","model":"m","version":"1","input":"/d/in.csv","output":"/d/out.csv","rows":10,"rows_done":4,"shards":5,"shards_done":2,"shards_running":0,"shards_recovered":0,"error":"row 7 is broken","change":9}""";

    private const string Point =
        """{"knobs":{"threads":1,"instances":2,"max_rows":8,"delay_ms":-1,"variant":null},"rows_per_second":1000,"goodput_per_second":900,"p50_ms":1.5,"p99_ms":"Infinity","score":880}""";
    private const string Decision =
        """{"id":3,"at":"2026-01-01T00:00:00+00:00","outcome":"rolled_back","summary":"add m to b: expected to bring 2.0 more of 100 requests in time","models":["m"],"nodes":["b"],"inputs":[],"candidates":[{"name":"add m to b","attainment":0.97,"trial_attainment":0.96,"c":1,"d":1,"n":1,"loads":1,"refusal":""},{"name":"move m","attainment":0.9,"trial_attainment":-1,"c":1,"d":1,"n":1,"loads":1,"refusal":"others are expected to do better"}],"attainment_before":0.95,"expected_gain":0.02,"attainment_after":0.9}""";
    private const string Agent =
        $$"""{"mode":"advise","is_stopped":true,"decisions":[{{Decision}}],"attainment":0.95,"requests_per_second":12.5,"inputs":[{"model":"m","rows_per_second":10,"peak_rows_per_second":20,"seconds_per_row":{"a":0.002},"interference":{"a":0.1} }],"revision":4}""";

    private static readonly Dictionary<string, (int Status, string Body)> Answers = new()
    {
        ["GET /v2/agent"] = (200, Agent),
        ["POST /v2/agent/mode"] = (200, ""),
        ["POST /v2/agent/resume"] = (200, ""),
        ["POST /v2/agent/decisions/3/approve"] = (200, ""),
        ["POST /v2/agent/decisions/4/refuse"] = (404, """{"error":"decision 4 does not wait for an answer"}"""),
        ["POST /v2/cluster/nodes/a/search/m"] = (
            200,
            $$"""{"slo_ms":5,"grid_size":64,"tried":[{{Point}}],"chosen":{"threads":1,"instances":2,"max_rows":8,"delay_ms":-1,"variant":null},"reason":"it batches up to 8"}"""
        ),
        ["POST /v2/cluster/nodes/a/measure/m"] = (200, Point),
        ["GET /v2"] = (200, """{"name":"fake","version":"1.2"}"""),
        ["GET /v2/health/ready"] = (200, ""),
        ["GET /v2/models/stats"] = (200, Statistics),
        ["GET /v2/models/m/stats"] = (200, Statistics),
        ["GET /v2/models/m"] = (200, Model),
        ["POST /v2/models/m/infer"] = (
            200,
            """{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}"""
        ),
        ["POST /v2/repository/index"] = (200, """[{"name":"m","version":"1","state":"READY"},{"name":"n"}]"""),
        ["POST /v2/repository/models/m/load"] = (200, ""),
        ["POST /v2/repository/models/m/unload"] = (200, ""),
        ["POST /v2/repository/models/n/load"] = (500, """{"error":"failed to load 'n': it is broken"}"""),
        ["GET /v2/jobs"] = (200, $$"""{"jobs":[{{Running}},{{FailedJob}}]}"""),
        ["POST /v2/jobs"] = (200, Running),
        ["GET /v2/jobs/j"] = (200, Completed),
        ["GET /v2/jobs/f"] = (200, FailedJob),
        ["POST /v2/jobs/j/pause"] = (
            200,
            Running.Replace("running\",\"model", "paused\",\"model", StringComparison.Ordinal)
        ),
        ["POST /v2/jobs/j/resume"] = (200, Running),
        ["POST /v2/jobs/j/cancel"] = (
            200,
            Running.Replace("running\",\"model", "cancelled\",\"model", StringComparison.Ordinal)
        ),
        ["GET /v2/requests"] = (
            200,
            """{"requests":[{"id":"7","model_name":"m","model_version":"1","arrival":"2026-01-01T00:00:00Z","outcome":"success","rows":1,"load_us":0,"queue_us":3000,"compute_input_us":0,"compute_infer_us":1000,"compute_output_us":0,"total_us":4000,"batch_size":8,"rows_ahead":3,"runs_under_way":2,"concurrency":2,"reason":"it waited for the others"}]}"""
        ),
    };

    [Theory]
    [InlineData("status", "models.0.mean_batch", "4")]
    [InlineData("status", "models.0.failed", "2")]
    [InlineData("models", "1.name", "n")]
    [InlineData("load m", "done", "load")]
    [InlineData("unload m", "done", "unload")]
    [InlineData("why m", "requests.0.reason", "it waited for the others")]
    [InlineData("infer m --input x=[[1,2]]", "0.outputs.0.data.1", "0.75")]
    [InlineData("infer m --input x=[1,2] --top 1", "0.outputs.0.top.0.index", "1")]
    [InlineData("bench m --duration 0.05 --warmup 0 --concurrency 2", "loop", "closed")]
    [InlineData("bench m --duration 0.1 --warmup 0 --rate 50 --arrivals constant", "requests", "5")]
    [InlineData("agent show", "decisions.0.outcome", "rolled_back")]
    [InlineData("agent mode shadow", "mode", "shadow")]
    [InlineData("agent approve 3", "decision", "3")]
    [InlineData("profile m --node a", "grid_size", "64")]
    [InlineData("profile m --node a --rows 8", "goodput_per_second", "900")]
    [InlineData("jobs list", "1.error", "row 7 is broken")]
    [InlineData("jobs start m in.csv out.csv --column a=x", "state", "running")]
    [InlineData("jobs start m in.csv out.csv --wait", "state", "completed")]
    [InlineData("jobs show j", "rows_done", "10")]
    [InlineData("jobs pause j", "state", "paused")]
    [InlineData("jobs resume j", "state", "running")]
    [InlineData("jobs cancel j", "state", "cancelled")]
    public async Task RunAsync_Json_PrintsOneValueAlone(string command, string path, string expected)
    {
        await using FakeServer server = await FakeServer.StartAsync(Answers);

        (int code, string text, string json, string error) = await RunAsync([
            .. command.Split(' '),
            "--json",
            "--url",
            server.Url,
        ]);

        Assert.Equal((0, "", ""), (code, text, error));
        JsonElement value = JsonDocument.Parse(json).RootElement;
        foreach (string step in path.Split('.'))
        {
            value =
                value.ValueKind == JsonValueKind.Array
                    ? value[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]
                    : value.GetProperty(step);
        }
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("status", "fake 1.2")]
    [InlineData("models", "not loaded")]
    [InlineData("load m", "m: loaded")]
    [InlineData("why", "[qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqrrrrrrrrrr]")]
    [InlineData("infer m --input x=[[1,2]] --top 1", "0.7500  1")]
    [InlineData(
        "agent show",
        "mode advise, stopped after too many rollbacks (oinf agent resume); 12.5 requests/s, 95.0 % in time"
    )]
    [InlineData("agent show", "in time before 95.0 %, expected +2.0 points, measured after 90.0 %")]
    [InlineData("agent show", "move m: expects 90.0 %; others are expected to do better")]
    [InlineData("agent resume", "goes on")]
    [InlineData("profile m --node a", "1 of 64 settings tried: it batches up to 8")]
    [InlineData("profile m --node a --threads 1", "1000 rows/s, 900 in time, p50 1.50 ms")]
    [InlineData("jobs list", "/d/out.csv")]
    [InlineData("jobs start m in.csv out.csv", "j: running, 4 of 10 rows, 2 of 5 shards (1 done before)")]
    [InlineData("jobs start m in.csv out.csv --wait", "j: completed, 10 of 10 rows, 5 of 5 shards (1 done before)")]
    public async Task RunAsync_ForPeople_SaysIt(string command, string expected)
    {
        await using FakeServer server = await FakeServer.StartAsync(Answers);

        (int code, string text, string json, _) = await RunAsync([.. command.Split(' '), "--url", server.Url]);

        Assert.Equal((0, ""), (code, json));
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("infer")]
    [InlineData("models")]
    [InlineData("load")]
    [InlineData("unload")]
    [InlineData("status")]
    [InlineData("bench")]
    [InlineData("why")]
    public async Task RunAsync_Help_ShowsOptions(string command)
    {
        (int code, string text, _, _) = await RunAsync(command, "--help");

        Assert.Equal(0, code);
        Assert.Contains("--url", text, StringComparison.Ordinal);
        Assert.Contains("--json", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", 2, "Unknown command 'nonsense'")]
    [InlineData("status --nonsense", 2, "nonsense")]
    [InlineData("bench m --rate -1", 2, "--rate is -1")]
    [InlineData("bench m --rate 1 --trace x", 2, "exclude each other")]
    [InlineData("bench m --arrivals odd", 2, "allowed: constant, poisson")]
    [InlineData("why --limit 0", 2, "from 1 to 1000")]
    [InlineData("infer m", 2, "nothing to infer")]
    [InlineData("infer m --input x", 2, "expected NAME=FILE or NAME=JSON")]
    [InlineData("infer m --input z=[1]", 2, "model 'm' has the inputs x")]
    [InlineData("infer m --input x=[[1,2],[3]]", 2, "data nested as ragged")]
    [InlineData("infer m --input x=absent.npy", 2, "there is no file 'absent.npy'")]
    [InlineData("infer m absent.jpg", 2, "there is no file 'absent.jpg'")]
    [InlineData("infer absent --input x=[1]", 1, "NotFound")]
    [InlineData("load n", 1, "failed to load 'n': it is broken")]
    [InlineData("jobs show absent", 1, "the server answered 404: no such path")]
    [InlineData("jobs start m in.csv out.csv --column x", 2, "--column x is no COLUMN=INPUT")]
    [InlineData("status --url ftp://x", 2, "is no address")]
    [InlineData("status --url http://127.0.0.1:9", 1, "no server answers at http://127.0.0.1:9/")]
    [InlineData("status --url grpc://127.0.0.1:9", 2, "needs the server's HTTP address")]
    public async Task RunAsync_Wrong_IsOneLineAndAnExitCode(string command, int expectedCode, string expected)
    {
        await using FakeServer server = await FakeServer.StartAsync(Answers);
        string[] arguments = command.Split(' ');

        (int code, _, string json, string error) = await RunAsync(
            arguments.Contains("--url") ? arguments : [.. arguments, "--url", server.Url]
        );

        Assert.Equal((expectedCode, ""), (code, json));
        Assert.StartsWith("oinf: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task RunAsync_AJobThatFailed_SaysWhyAndFails()
    {
        await using FakeServer server = await FakeServer.StartAsync(Answers);

        (int code, string text, _, _) = await RunAsync("jobs", "show", "f", "--wait", "--url", server.Url);

        Assert.Equal(1, code);
        Assert.Contains("row 7 is broken", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WhyOnAServerWithoutIt_SaysSo()
    {
        await using FakeServer server = await FakeServer.StartAsync([]);

        (int code, _, _, string error) = await RunAsync("why", "--url", server.Url);

        Assert.Equal(1, code);
        Assert.Contains("does not say why requests waited", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Text, string Json, string Error)> RunAsync(params string[] arguments)
    {
        using TestConsole console = new();
        console.Profile.Width = 200;
        await using StringWriter json = new(),
            error = new();
        int code = await OinfApp.RunAsync(arguments, console, json, error, TestContext.Current.CancellationToken);
        return (code, console.Output, json.ToString(), error.ToString());
    }
}
