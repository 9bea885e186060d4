using System.Collections.Frozen;
using OrleansInference.AspNetBaseline;

NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1");

const int LargestMessage = 256 << 20;

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
builder.Configuration.AddInMemoryCollection(ListeningEndPoints.Settings(arguments.Urls, arguments.GrpcUrls));
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = LargestMessage;
    // Rate checks cost a timer for every connection and protect nothing on a loopback benchmark.
    kestrel.Limits.MinRequestBodyDataRate = null;
    kestrel.Limits.MinResponseDataRate = null;
    // A large tensor must not wait for leave to go on.
    kestrel.Limits.Http2.InitialStreamWindowSize = 8 << 20;
    kestrel.Limits.Http2.InitialConnectionWindowSize = 16 << 20;
});
if (arguments.GrpcUrls is not null)
{
    builder.Services.AddGrpc(grpc =>
    {
        grpc.MaxReceiveMessageSize = LargestMessage;
        grpc.MaxSendMessageSize = LargestMessage;
    });
    // Otherwise a service is made for each call.
    builder.Services.AddSingleton(new InferenceGrpcService(models));
}

var app = builder.Build();
app.MapGet("/v2/health/ready", static _ => Task.CompletedTask);
app.MapPost("/v2/models/{model}/infer", new InferEndpoint(models).HandleAsync);
if (arguments.GrpcUrls is not null)
{
    app.MapGrpcService<InferenceGrpcService>();
}
if (arguments.Echo)
{
    app.MapPost(EchoEndpoint.Route, EchoEndpoint.HandleAsync);
}
await app.RunAsync();
foreach (var model in models.Values)
{
    model.Dispose();
}
return 0;
