using OrleansInference.Load.Arguments;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>Writes the models of compare for a server that somebody else starts.</summary>
internal static class CompareModelsCommand
{
    public static readonly string[] Options = ["data", "out"];

    public static int Run(ArgumentSet arguments)
    {
        var folder = arguments.Required("out");
        var data = arguments.Text("data", SampleModels.DefaultFolder);
        foreach (var name in SampleModels.Names)
        {
            Console.WriteLine(ModelRepositoryFolder.Write(folder, name, SampleModels.Read(name, data).Model));
        }
        return 0;
    }
}
