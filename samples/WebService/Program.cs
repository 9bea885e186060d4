// An ASP.NET Core service that asks a cluster through the SDK. First: dotnet run --project Silo
// Then: dotnet run --project samples/WebService -- --urls http://127.0.0.1:5080 ; curl
// 'http://127.0.0.1:5080/color?r=255&g=140&b=0'
using System.Runtime.InteropServices;
using OrleansInference.Client;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.WebService;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddOrleansInferenceClient();
builder.Services.AddProblemDetails().AddExceptionHandler<InferenceExceptionHandler>();
WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapGet(
    "/color",
    async (float r, float g, float b, IInferenceClient client, CancellationToken cancelled) =>
    {
        using InferenceResponse response = await client.InferAsync(
            new InferenceRequest
            {
                ModelName = "color-names",
                Inputs =
                [
                    new InferenceTensor(
                        "rgb",
                        TensorDatatype.Fp32,
                        [1, 3],
                        MemoryMarshal.AsBytes<float>([r, g, b]).ToArray()
                    ),
                ],
                RequestedOutputs = ["label"],
                Timeout = TimeSpan.FromMilliseconds(200),
            },
            cancelled
        );
        return Results.Ok(new { color = System.Text.Encoding.UTF8.GetString(response.Output("label").Data.Span[4..]) });
    }
);
await app.RunAsync();
