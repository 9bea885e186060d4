using System.Collections.Frozen;
using OrleansInference.AspNetBaseline;

NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1");

if (!ServerArguments.TryParse(args, out var arguments, out var problem))
{
    Console.Error.WriteLine(problem);
    return 2;
}

var models = arguments.Models.ToFrozenDictionary(
    model => model.Name,
    model => new ServedModel(model.Name, model.Path),
    StringComparer.Ordinal
);

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(arguments.Urls);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 256 << 20;
    // Rate checks cost a timer for every connection and protect nothing on a loopback benchmark.
    kestrel.Limits.MinRequestBodyDataRate = null;
    kestrel.Limits.MinResponseDataRate = null;
});

var app = builder.Build();
app.MapGet("/v2/health/ready", static _ => Task.CompletedTask);
app.MapPost("/v2/models/{model}/infer", new InferEndpoint(models).HandleAsync);
await app.RunAsync();
foreach (var model in models.Values)
{
    model.Dispose();
}
return 0;
