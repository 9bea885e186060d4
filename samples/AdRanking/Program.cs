using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansInference;
using OrleansInference.Onnx.Samples;

// Ranks 1,000 advertisements for one visitor in one request; the cluster splits its rows over its nodes.
// usage: dotnet run --project samples/AdRanking [-- GATEWAY_PORT]      after: dotnet run --project Silo
const int Candidates = 1000;
const int Side = 32;
const int TextLength = 24;
const int TextBuckets = 2048;
int port = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 30000;

HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, port));
using IHost host = builder.Build();
await host.StartAsync();
IInferenceClient client = host.Services.GetRequiredService<IInferenceClient>();

string[] titles =
[
    "running shoes sale",
    "espresso roast offer",
    "portable laptop deal",
    "garden roses",
    "beach holiday now",
    "acoustic guitar strings",
    "wooden toddler blocks",
    "camera lens premium",
];
Random random = new(1);
byte[] pictures = new byte[Candidates * Side * Side * 3];
random.NextBytes(pictures);
long[] text =
[
    .. Enumerable
        .Range(0, Candidates)
        .SelectMany(i => HashedNGrams.Ids(titles[i % titles.Length], TextLength, TextBuckets)),
];

// The visitor: eight in the evening, on a phone, of segment 2; each advertisement with its price.
long[] context = [.. Enumerable.Range(0, Candidates).SelectMany(_ => new long[] { 20, 1, 2 })];
float[] prices = [.. Enumerable.Range(0, Candidates).Select(_ => (random.NextSingle() * 4) - 2)];

InferenceRequest request = new(
    "ads-ctr",
    Tensor.Create("image", pictures, Candidates, Side, Side, 3),
    Tensor.Create("text", text, Candidates, TextLength),
    Tensor.Create("context", context, Candidates, 3),
    Tensor.Create("price", prices, Candidates, 1)
);
try
{
    Stopwatch clock = Stopwatch.StartNew();
    using InferenceResult result = await client.InferAsync(request);
    float[] probabilities = result.Output("click_probability").ToArray<float>();
    Console.WriteLine($"{Candidates} candidates ranked in {clock.Elapsed.TotalMilliseconds:F0} ms; the best ten:");
    foreach (int best in Enumerable.Range(0, Candidates).OrderByDescending(i => probabilities[i]).Take(10))
    {
        Console.WriteLine($"  {probabilities[best]:P1}  {titles[best % titles.Length]}");
    }
    return 0;
}
catch (InferenceException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Error}: {exception.Message}");
    return 1;
}
