using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using OrleansInference.Cli.Inputs;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol.Json;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf infer</c>: runs photographs or tensors through a model.</summary>
internal sealed class InferCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<InferCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        ModelMetadata model = await server.Inference.GetModelMetadataAsync(
            settings.Model,
            settings.ModelVersion,
            cancellationToken
        );
        string[] labels =
            settings.Labels is null ? []
            : File.Exists(settings.Labels) ? File.ReadAllLines(settings.Labels)
            : throw new CliException($"--labels: there is no file '{settings.Labels}'", CliException.Usage);
        List<object> answers = [];
        foreach ((string source, Tensor[] inputs) in Requests(settings, model))
        {
            long start = Stopwatch.GetTimestamp();
            using InferenceResult response = await server.Inference.InferAsync(
                new InferenceRequest
                {
                    ModelName = settings.Model,
                    ModelVersion = settings.ModelVersion,
                    Inputs = inputs,
                },
                cancellationToken
            );
            double ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (settings.Json)
            {
                answers.Add(
                    new
                    {
                        source,
                        model = response.ModelName,
                        version = response.ModelVersion,
                        ms,
                        outputs = response.Outputs.Select(tensor => Describe(tensor, settings.Top, labels)).ToArray(),
                    }
                );
            }
            else
            {
                Write(source, response, ms, settings.Top, labels);
            }
        }

        if (settings.Json)
        {
            WriteJson(answers);
        }
        return 0;
    }

    private static IEnumerable<(string Source, Tensor[] Inputs)> Requests(Settings settings, ModelMetadata model)
    {
        foreach (string file in settings.Files)
        {
            if (model.Inputs.Length != 1)
            {
                throw new CliException(
                    $"photographs need a model with one input; '{model.Name}' has "
                        + $"{string.Join(", ", model.Inputs.Select(input => input.Name))}: use --input",
                    CliException.Usage
                );
            }
            if (!File.Exists(file))
            {
                throw new CliException($"there is no file '{file}'", CliException.Usage);
            }
            yield return (file, [Photograph(file, model)]);
        }

        if (settings.Inputs.Length > 0)
        {
            yield return ("--input", [.. settings.Inputs.Select(argument => TensorArgument.Read(argument, model))]);
        }
        else if (settings.Files.Length == 0)
        {
            throw new CliException("nothing to infer: give photographs, or --input NAME=FILE", CliException.Usage);
        }
    }

    private static Tensor Photograph(string file, ModelMetadata model)
    {
        try
        {
            return ImageTensor.FromEncoded(
                model.Inputs[0].Name,
                File.ReadAllBytes(file),
                ImagePreprocessing.FromParameters(model.Parameters)
            );
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException)
        {
            throw new CliException($"'{file}': {exception.Message}", CliException.Usage);
        }
    }

    private static object Describe(Tensor tensor, int top, string[] labels) =>
        top > 0 && tensor.Datatype == TensorDatatype.Fp32
            ? new
            {
                name = tensor.Name,
                top = FindTop(tensor, top)
                    .Select(entry => new
                    {
                        index = entry.Index,
                        value = entry.Value,
                        label = Label(labels, entry.Index),
                    })
                    .ToArray(),
            }
            : new
            {
                name = tensor.Name,
                datatype = tensor.Datatype.WireName(),
                shape = tensor.Shape.ToArray(),
                data = JsonSerializer.Deserialize<JsonElement>(Data(tensor)),
            };

    private void Write(string source, InferenceResult response, double ms, int top, string[] labels)
    {
        WriteLine(
            $"{source}: {response.ModelName} version {response.ModelVersion}, "
                + $"{ms.ToString("0.0", CultureInfo.InvariantCulture)} ms"
        );
        foreach (Tensor tensor in response.Outputs)
        {
            if (top > 0 && tensor.Datatype == TensorDatatype.Fp32)
            {
                foreach ((int index, float value) in FindTop(tensor, top))
                {
                    WriteLine(
                        $"  {value.ToString("0.0000", CultureInfo.InvariantCulture)}  {index}  {Label(labels, index)}"
                    );
                }
                continue;
            }

            string data = Data(tensor);
            WriteLine(
                $"  {tensor.Name} {tensor.Datatype.WireName()} {TensorShape.Format(tensor.Shape)} = "
                    + $"{(data.Length > 400 ? data[..400] + " …" : data)}"
            );
        }
    }

    private static IEnumerable<(int Index, float Value)> FindTop(Tensor tensor, int count) =>
        MemoryMarshal
            .Cast<byte, float>(tensor.Data.Span)
            .ToArray()
            .Select((value, index) => (Index: index, Value: value))
            .OrderByDescending(entry => entry.Value)
            .Take(count);

    private static string Label(string[] labels, int index) => index < labels.Length ? labels[index] : "";

    private static string Data(Tensor tensor)
    {
        // Bytes that are no text have no JSON form.
        if (!TensorJsonWriter.CanWrite(tensor))
        {
            return "null";
        }
        using MemoryStream stream = new();
        using (
            Utf8JsonWriter writer = new(
                stream,
                new JsonWriterOptions
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        )
        {
            TensorJsonWriter.Write(writer, tensor);
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ModelSettings
    {
        [CommandArgument(1, "[FILES]")]
        [Description(
            "Photographs (JPEG, PNG, WebP), each a request of its own, prepared as the model's parameters say"
        )]
        public string[] Files { get; init; } = [];

        [CommandOption("--input <NAME=VALUE>")]
        [Description(
            "A tensor: NAME=FILE.npy, NAME=FILE of raw little-endian contents, or "
                + "NAME=[[[[1,2]],[[3,4]]]]; one for each input"
        )]
        public string[] Inputs { get; init; } = [];

        [CommandOption("--model-version <N>")]
        [Description("The version; the highest without it")]
        public string ModelVersion { get; init; } = "";

        [CommandOption("--top <K>")]
        [Description("Show the K highest values of FP32 outputs")]
        public int Top { get; init; }

        [CommandOption("--labels <FILE>")]
        [Description("Labels of the classes, one a line, for --top")]
        public string? Labels { get; init; }
    }
}
