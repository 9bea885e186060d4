using System.Globalization;

namespace OrleansInference.GpuBench;

/// <summary>What run.sh asks for.</summary>
/// <param name="Silo">The silo's program.</param>
/// <param name="Models">The repository.</param>
/// <param name="Provider"><c>cuda</c> or <c>cpu</c>.</param>
/// <param name="Seconds">How long each cell of the table is measured.</param>
/// <param name="Loads">How often a model is loaded and unloaded.</param>
internal sealed record Arguments(string Silo, string Models, string Provider, double Seconds, int Loads)
{
    private const string Allowed = "--silo, --models, --provider cuda|cpu, --seconds and --loads";

    /// <summary>ONNX Runtime's name of the provider.</summary>
    public string ProviderName => Provider == "cuda" ? "CUDAExecutionProvider" : "CPUExecutionProvider";

    /// <summary>Reads pairs of <c>--name value</c>.</summary>
    /// <exception cref="ArgumentException">One is unknown or has no value.</exception>
    public static Arguments Parse(string[] arguments)
    {
        Arguments read = new("", "", "cuda", 2, 200);
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value =
                i + 1 < arguments.Length
                    ? arguments[i + 1]
                    : throw new ArgumentException($"{arguments[i]} has no value");
            read = arguments[i] switch
            {
                "--silo" => read with { Silo = value },
                "--models" => read with { Models = value },
                "--provider" when value is "cuda" or "cpu" => read with { Provider = value },
                "--seconds" => read with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--loads" => read with { Loads = int.Parse(value, CultureInfo.InvariantCulture) },
                _ => throw new ArgumentException($"'{arguments[i]} {value}': allowed are {Allowed}"),
            };
        }

        return read;
    }
}
