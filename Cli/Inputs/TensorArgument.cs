using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Cli.Inputs;

/// <summary>
/// A tensor from the command line: <c>NAME=FILE.npy</c>, <c>NAME=FILE</c> of raw little-endian contents, or
/// <c>NAME=[[1,2],[3,4]]</c>.
/// </summary>
internal static class TensorArgument
{
    /// <summary>Reads one argument for a model.</summary>
    /// <exception cref="CliException">It is none, or does not fit the model's input.</exception>
    public static Tensor Read(string argument, ModelMetadata model)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw Invalid($"--input {argument}: expected NAME=FILE or NAME=JSON");
        }
        string name = argument[..equals];
        string value = argument[(equals + 1)..];
        TensorMetadata input =
            Array.Find(model.Inputs, candidate => candidate.Name == name)
            ?? throw Invalid(
                $"--input {name}: model '{model.Name}' has the inputs "
                    + $"{string.Join(", ", model.Inputs.Select(candidate => candidate.Name))}"
            );
        if (value.TrimStart().StartsWith('['))
        {
            return FromJson(input, value);
        }
        if (!File.Exists(value))
        {
            throw Invalid($"--input {name}: there is no file '{value}'");
        }
        byte[] contents = File.ReadAllBytes(value);
        return NpyFile.Is(contents) ? NpyFile.Read(input, contents) : FromRaw(input, contents);
    }

    /// <summary>A made-up tensor of <paramref name="rows"/> rows; free sizes behind the batch are 1.</summary>
    public static Tensor Synthetic(TensorMetadata input, int rows, Random random)
    {
        long[] shape =
        [
            .. input.Shape.Select(
                (size, axis) =>
                    size >= 0 ? size
                    : axis == 0 ? rows
                    : 1
            ),
        ];
        TensorShape.TryCount(shape, out long elements);
        if (input.Datatype == TensorDatatype.Bytes)
        {
            byte[] texts = new byte[elements * (BytesElements.PrefixSize + 1)];
            for (int i = 0; i < elements; i++)
            {
                BytesElements.Write(texts.AsSpan(i * (BytesElements.PrefixSize + 1)), "0"u8);
            }
            return new Tensor(input.Name, input.Datatype, shape, texts);
        }

        byte[] contents = new byte[elements * input.Datatype.ElementSize()];
        if (input.Datatype == TensorDatatype.Fp32)
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(contents.AsSpan()))
            {
                value = random.NextSingle();
            }
        }
        else if (input.Datatype == TensorDatatype.Fp64)
        {
            foreach (ref double value in MemoryMarshal.Cast<byte, double>(contents.AsSpan()))
            {
                value = random.NextDouble();
            }
        }
        return new Tensor(input.Name, input.Datatype, shape, contents);
    }

    private static Tensor FromJson(TensorMetadata input, string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            long[] shape = [.. Sizes(json.RootElement)];
            // A single row may be written without its batch dimension.
            if (shape.Length == input.Shape.Length - 1 && input.Shape[0] == -1)
            {
                shape = [1, .. shape];
            }
            TensorShape.TryCount(shape, out long elements);
            return TensorJsonReader.Read(input.Name, input.Datatype, shape, elements, Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is JsonException or InferenceException)
        {
            throw Invalid($"--input {input.Name}: {exception.Message}");
        }
    }

    private static IEnumerable<long> Sizes(JsonElement element)
    {
        for (; element.ValueKind == JsonValueKind.Array; element = element[0])
        {
            yield return element.GetArrayLength();
            if (element.GetArrayLength() == 0)
            {
                yield break;
            }
        }
    }

    private static Tensor FromRaw(TensorMetadata input, byte[] contents)
    {
        long[] shape = [.. input.Shape];
        int free = Array.IndexOf(shape, -1);
        long rest =
            shape.Where(size => size >= 0).Aggregate(1L, (product, size) => product * size)
            * input.Datatype.ElementSize();
        if (input.Datatype == TensorDatatype.Bytes || Array.LastIndexOf(shape, -1) != free)
        {
            throw Invalid(
                $"--input {input.Name}: the shape {TensorShape.Format(shape)} of "
                    + $"{input.Datatype.WireName()} does not follow from a raw file; give an .npy file or JSON"
            );
        }
        if (free >= 0 && rest > 0 && contents.Length % rest == 0)
        {
            shape[free] = contents.Length / rest;
        }
        else if (free >= 0 || contents.Length != rest)
        {
            throw Invalid(
                $"--input {input.Name}: {contents.Length.ToString(CultureInfo.InvariantCulture)} bytes do "
                    + $"not fit shape {TensorShape.Format(input.Shape)} of {input.Datatype.WireName()}"
            );
        }
        return new Tensor(input.Name, input.Datatype, shape, contents);
    }

    private static CliException Invalid(string message) => new(message, CliException.Usage);
}
