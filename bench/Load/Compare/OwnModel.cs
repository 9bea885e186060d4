using System.Runtime.InteropServices;
using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Compare;

/// <summary>The caller's model, by <c>--model NAME=FILE.onnx --input FILE.f32</c>, measured in place of the bench's.</summary>
internal sealed record OwnModel(string Name, string Path, string Input)
{
    /// <exception cref="UsageException">Only one of the two options, or a name no server would take.</exception>
    public static OwnModel? From(ArgumentSet arguments)
    {
        if (arguments.Find("model") is not { } text)
        {
            return arguments.Has("input")
                ? throw new UsageException("Option --input needs --model NAME=FILE.onnx.")
                : null;
        }
        var parts = text.Split('=', 2);
        if (parts.Length != 2 || parts[0].Length == 0 || !parts[0].All(IsPlain))
        {
            throw new UsageException(
                $"Option --model expects NAME=FILE.onnx, the name of letters, digits, '-', '_' and '.', not '{text}'."
            );
        }
        return new OwnModel(parts[0], parts[1], arguments.Required("input"));
    }

    public (byte[] Model, float[] Row) Read() =>
        (DataMissingException.Read(Path), MemoryMarshal.Cast<byte, float>(DataMissingException.Read(Input)).ToArray());

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';
}
