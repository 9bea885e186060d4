using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Orleans;

internal static class ProbeModelsCommand
{
    public static readonly string[] Options = ["out"];

    public static int Run(ArgumentSet arguments)
    {
        var folder = arguments.Required("out");
        foreach (var (name, shape, bytes) in ProbeModelFolder.Write(folder))
        {
            Console.WriteLine($"{name, -10} --input-name x --shape {shape}   {bytes} bytes a request");
        }
        return 0;
    }
}
