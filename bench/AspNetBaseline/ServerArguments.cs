using System.Diagnostics.CodeAnalysis;

namespace OrleansInference.AspNetBaseline;

internal sealed record ServerArguments(string Urls, IReadOnlyList<(string Name, string Path)> Models)
{
    public static bool TryParse(string[] args, [NotNullWhen(true)] out ServerArguments? arguments, out string problem)
    {
        var urls = "http://127.0.0.1:18080";
        var models = new List<(string, string)>();
        arguments = null;
        problem = "Usage: --urls http://127.0.0.1:18080 --model name=path.onnx [--model ...]";
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            var parts = args[i + 1].Split('=', 2);
            if (args[i] == "--urls")
            {
                urls = args[i + 1];
            }
            else if (args[i] == "--model" && parts.Length == 2 && File.Exists(parts[1]))
            {
                models.Add((parts[0], parts[1]));
            }
            else
            {
                problem =
                    $"Not understood: {args[i]} {args[i + 1]} (expects --urls URL or --model name=existing.onnx).";
                return false;
            }
        }

        if (models.Count == 0 || args.Length % 2 != 0)
        {
            return false;
        }
        arguments = new ServerArguments(urls, models);
        return true;
    }
}
