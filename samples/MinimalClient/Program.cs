// Asks the sample model for the name of a colour, over the Orleans client. First: dotnet run --project Silo
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Client;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

float[] rgb =
    args.Length == 3 ? [.. args.Select(arg => float.Parse(arg, CultureInfo.InvariantCulture))] : [255, 140, 0];
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.AddOrleansInferenceClient();
using IHost host = builder.Build();
await host.StartAsync();
using InferenceResponse response = await host
    .Services.GetRequiredService<IInferenceClient>()
    .InferAsync(
        new InferenceRequest
        {
            ModelName = "color-names",
            Inputs =
            [
                new InferenceTensor("rgb", TensorDatatype.Fp32, [1, 3], MemoryMarshal.AsBytes<float>(rgb).ToArray()),
            ],
            RequestedOutputs = ["label"],
            Timeout = TimeSpan.FromSeconds(1),
        },
        CancellationToken.None
    );
response.EnsureSuccess();

// A BYTES tensor is its elements, each after its length in four bytes.
Console.WriteLine(System.Text.Encoding.UTF8.GetString(response.Outputs[0].Data.Span[4..]));
await host.StopAsync();
