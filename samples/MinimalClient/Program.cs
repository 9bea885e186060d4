// Asks the sample model for the name of a colour. First: dotnet run --project Silo
using OrleansInference;

float[] rgb = args.Length == 3 ? Array.ConvertAll(args, float.Parse) : [255, 140, 0];
IInferenceClient client = InferenceClient.Create("http://127.0.0.1:8080");
using InferenceResult result = await client.InferAsync("color-names", Tensor.Create("rgb", rgb, 1, 3));
Console.WriteLine(result.Output("label").GetString());
