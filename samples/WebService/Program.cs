// An ASP.NET Core service that asks a cluster through the SDK. First: dotnet run --project Silo
// Then: dotnet run --project samples/WebService -- --urls http://127.0.0.1:5080 ; curl 'http://127.0.0.1:5080/color?r=255&g=140&b=0'
using System.Runtime.InteropServices;
using OrleansInference.Client;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddOrleansInferenceClient();
WebApplication app = builder.Build();
app.MapGet("/color", async (float r, float g, float b, IInferenceClient client, CancellationToken cancelled) =>
{
    using InferenceResponse response = await client.InferAsync(new InferenceRequest
    {
        ModelName = "color-names",
        Inputs = [new InferenceTensor("rgb", TensorDatatype.Fp32, [1, 3], MemoryMarshal.AsBytes<float>([r, g, b]).ToArray())],
        RequestedOutputs = ["label"],
        Timeout = TimeSpan.FromMilliseconds(200),
    }, cancelled);
    return response.Error switch
    {
        InferenceError.None => Results.Ok(new { color = System.Text.Encoding.UTF8.GetString(response.Outputs[0].Data.Span[4..]) }),
        InferenceError.ResourceExhausted or InferenceError.DeadlineExceeded => Results.Problem(response.ErrorMessage, statusCode: StatusCodes.Status429TooManyRequests),
        _ => Results.Problem(response.ErrorMessage, statusCode: StatusCodes.Status502BadGateway),
    };
});
await app.RunAsync();
