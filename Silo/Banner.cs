using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Gateway;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Silo;

/// <summary>What the silo says when it is ready: what it serves, on what, where, and a line to paste.</summary>
internal static class Banner
{
    /// <summary>The text.</summary>
    public static string Write(InferenceEngine engine, GatewayOptions gateway, SiloHostOptions silo)
    {
        List<string> lines = [$"Serving models from {engine.RepositoryPath}:"];
        lines.AddRange(engine.Models.Select(Describe));
        foreach (ModelStatus failed in engine.Index.Where(status => status.State == ModelState.Unavailable))
        {
            lines.Add($"  {failed.Name}: NOT serving: {failed.Reason}");
        }
        if (engine.Models.Count == 0)
        {
            lines.Add(
                engine.Mode switch
                {
                    ModelControlMode.Demand => "  nothing yet: models are loaded by the first request for them",
                    ModelControlMode.Explicit => "  nothing yet: POST /v2/repository/models/NAME/load loads a model",
                    _ => "  nothing yet: put a model at NAME/1/model.onnx and start again, or use --mode poll",
                }
            );
        }
        lines.Add(
            $"KServe v2 HTTP on {Origin(gateway)}, gRPC{(gateway.IsGrpcTls ? " with TLS" : "")} on "
                + $"{gateway.BindAddress}:{gateway.GrpcPort}, Orleans gateway on {gateway.BindAddress}:{silo.GatewayPort}."
        );
        if (engine.Models.Count > 0)
        {
            lines.Add($"Try it:\n  {Curl(Favourite(engine.Models), gateway)}");
        }
        lines.Add("Ready. Press Ctrl+C to stop.");
        return string.Join('\n', lines);
    }

    private static IServedModel Favourite(IReadOnlyList<IServedModel> replicas) =>
        replicas.FirstOrDefault(replica => replica.Name == "color-names")
        ?? replicas.OrderBy(replica => replica.Sequences is not null).ThenBy(InputElements).First();

    private static long InputElements(IServedModel replica) =>
        replica.Signature.Inputs.Where(spec => !spec.IsOptional).Sum(spec => Elements(Shape(spec)));

    private static long Elements(long[] shape) =>
        TensorShape.TryCount(shape, out long elements) ? elements : long.MaxValue;

    private static long[] Shape(TensorSpec spec) =>
        [.. spec.Dimensions.Select(dimension => dimension < 0 ? 1 : dimension)];

    private static string Origin(GatewayOptions gateway) =>
        $"{(gateway.IsHttpTls ? "https" : "http")}://{gateway.BindAddress}:{gateway.HttpPort}";

    private static string Curl(IServedModel replica, GatewayOptions gateway)
    {
        string url = $"{Origin(gateway)}/v2/models/{replica.Name}";
        if (replica.Name == "color-names")
        {
            const string Orange = """{"name":"rgb","shape":[1,3],"datatype":"FP32","data":[255,140,0]}""";
            return $$$"""curl {{{url}}}/infer -d '{"inputs":[{{{Orange}}}],"outputs":[{"name":"label"}]}'""";
        }
        if (replica.Sequences is not null || InputElements(replica) > 64)
        {
            return $"curl {url}";
        }
        IEnumerable<string> inputs = replica.Signature.Inputs.Where(spec => !spec.IsOptional).Select(SampleInput);
        return $$$"""curl {{{url}}}/infer -d '{"inputs":[{{{string.Join(',', inputs)}}}]}'""";
    }

    private static string SampleInput(TensorSpec spec)
    {
        string shape = TensorShape.Format(Shape(spec));
        string datatype = spec.Datatype.WireName();
        string data = string.Join(',', Enumerable.Repeat(Sample(spec.Datatype), (int)Elements(Shape(spec))));
        return $$"""{"name":"{{spec.Name}}","shape":{{shape}},"datatype":"{{datatype}}","data":[{{data}}]}""";
    }

    private static string Sample(TensorDatatype datatype) =>
        datatype switch
        {
            TensorDatatype.Bool => "true",
            TensorDatatype.Bytes => "\"1\"",
            _ => "1",
        };

    private static string Describe(IServedModel replica)
    {
        string place =
            replica.ExecutionProvider.Length > 0 ? $" on {replica.ExecutionProvider}" : $", {replica.Platform}";
        string rows = replica.Signature.IsBatched
            ? $"batches of up to {replica.Signature.MaxBatchSize} rows"
            : "no batching";
        string limits = replica is ModelReplica onnx
            ? $", {onnx.Limits.Concurrency} at once, latency objective {onnx.Policy.SloP99Ms:0.##} ms"
            : "";
        return $"  {replica.Name} version {replica.Version}{place}, {rows}{limits}";
    }
}
