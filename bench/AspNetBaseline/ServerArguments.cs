using System.Diagnostics.CodeAnalysis;

namespace OrleansInference.AspNetBaseline;

internal sealed record ServerArguments(
    string Urls,
    string? GrpcUrls,
    bool Echo,
    IReadOnlyList<(string Name, string Path)> Models
)
{
    private const string Usage =
        "Usage: [--urls http://127.0.0.1:18080] [--grpc-urls http://127.0.0.1:18081] [--echo] "
        + "--model name=path.onnx [--model ...]";

    public static bool TryParse(string[] args, [NotNullWhen(true)] out ServerArguments? arguments, out string problem)
    {
        arguments = null;
        problem = "";
        var urls = "http://127.0.0.1:18080";
        string? grpcUrls = null;
        var echo = false;
        var models = new List<(string, string)>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--echo")
            {
                echo = true;
                continue;
            }
            if (args[i] is not ("--urls" or "--grpc-urls" or "--model"))
            {
                problem = $"Unknown option '{args[i]}'. {Usage}";
                return false;
            }
            if (i + 1 == args.Length)
            {
                problem = $"Option {args[i]} needs a value. {Usage}";
                return false;
            }

            var option = args[i];
            var value = args[++i];
            if (option == "--model")
            {
                var parts = value.Split('=', 2);
                if (parts.Length != 2 || !File.Exists(parts[1]))
                {
                    problem = $"Option --model expects name=path of an existing .onnx file, not '{value}'.";
                    return false;
                }
                models.Add((parts[0], parts[1]));
            }
            else if (option == "--urls")
            {
                urls = value;
            }
            else
            {
                grpcUrls = value;
            }
        }

        if (models.Count == 0)
        {
            problem = $"No --model is named. {Usage}";
            return false;
        }
        arguments = new ServerArguments(urls, grpcUrls, echo, models);
        return true;
    }
}
