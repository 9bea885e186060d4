using OrleansInference.Load.Arguments;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Load.Outside;

/// <summary>Writes the models that outside test suites expect.</summary>
internal static class ConformanceModelsCommand
{
    public static readonly string[] Options = ["out"];

    public static int Run(ArgumentSet arguments)
    {
        string folder = arguments.Required("out");
        foreach ((string name, byte[] model, string config) in ConformanceModels.All())
        {
            string version = Directory.CreateDirectory(Path.Combine(folder, name, "1")).FullName;
            File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
            File.WriteAllText(Path.Combine(folder, name, "config.pbtxt"), config);
            Console.WriteLine(name);
        }

        return 0;
    }
}
