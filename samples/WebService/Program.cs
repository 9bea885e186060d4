// An ASP.NET Core service that asks a cluster through the SDK. First: dotnet run --project Silo
// Then: dotnet run --project samples/WebService -- --urls http://127.0.0.1:5080 ; curl
// 'http://127.0.0.1:5080/color?r=255&g=140&b=0'
using OrleansInference;
using OrleansInference.WebService;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddInferenceClient().UseOrleans();
builder.Services.AddHealthChecks().AddInferenceClient();
builder.Services.AddProblemDetails().AddExceptionHandler<InferenceExceptionHandler>();
WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapHealthChecks("/health");
app.MapGet(
    "/color",
    async (float r, float g, float b, IInferenceClient client, CancellationToken cancelled) =>
    {
        InferenceRequest request = new("color-names", Tensor.Create<float>("rgb", [r, g, b], 1, 3))
        {
            RequestedOutputs = ["label"],
            Timeout = TimeSpan.FromMilliseconds(200),
        };
        using InferenceResult result = await client.InferAsync(request, cancelled);
        return Results.Ok(new { color = result.Output("label").GetString() });
    }
);
await app.RunAsync();
