using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Reflection;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Tests.Wire;

/// <summary>A message with a value of its own in every member, and what is in a message as lines of text.</summary>
internal static class SampleMessage
{
    /// <summary>Fills a type; equal seeds give equal values.</summary>
    public static object Fill(Type type, int seed)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Fill(underlying, seed);
        }
        if (type == typeof(string))
        {
            return $"text {seed}";
        }
        if (type == typeof(bool))
        {
            return true;
        }
        if (type.IsEnum)
        {
            return Enum.GetValues(type).GetValue(seed % Enum.GetValues(type).Length)!;
        }
        if (type == typeof(double) || type == typeof(float))
        {
            return Convert.ChangeType(seed + 0.25, type, CultureInfo.InvariantCulture);
        }
        if (type.IsPrimitive)
        {
            return Convert.ChangeType((seed % 100) + 1, type, CultureInfo.InvariantCulture);
        }
        if (type == typeof(TimeSpan))
        {
            return TimeSpan.FromSeconds(seed);
        }
        if (type == typeof(DateTimeOffset))
        {
            return DateTimeOffset.UnixEpoch.AddDays(seed);
        }
        if (type == typeof(SiloAddress))
        {
            return SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + seed), seed);
        }
        if (type == typeof(Tensor))
        {
            return new Tensor($"tensor {seed}", TensorDatatype.UInt8, [2, 1], new byte[] { (byte)seed, 7 });
        }
        if (type == typeof(InferenceException))
        {
            return new InferenceException(InferenceError.NotFound, $"text {seed}");
        }
        if (type.IsArray)
        {
            return Filled(Array.CreateInstance(type.GetElementType()!, 2), seed);
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            return Immutable(typeof(ImmutableArray), type.GetGenericArguments(), seed);
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
        {
            IDictionary entries = (IDictionary)Activator.CreateInstance(type)!;
            for (int i = 0; i < 2; i++)
            {
                entries.Add(
                    Fill(type.GetGenericArguments()[0], seed + i),
                    Fill(type.GetGenericArguments()[1], seed + 10 + i)
                );
            }
            return entries;
        }

        ConstructorInfo? primary = WireContract.Primary(type);
        int next = seed;
        object message = primary is null
            ? Activator.CreateInstance(type)!
            : primary.Invoke([.. primary.GetParameters().Select(parameter => Fill(parameter.ParameterType, ++next))]);
        foreach (
            PropertyInfo member in WireContract
                .Members(type)
                .Where(member => primary?.GetParameters().Any(parameter => parameter.Name == member.Name) != true)
        )
        {
            member.SetValue(message, Fill(member.PropertyType, ++next));
        }
        return message;
    }

    /// <summary>Every value in a message, <c>path = value</c>.</summary>
    public static IEnumerable<string> Lines(object? value, string path = "")
    {
        switch (value)
        {
            case null:
                return [$"{path} = null"];
            case Tensor tensor:
                return
                [
                    $"{path} = {tensor.Name} {tensor.Datatype} [{string.Join(',', tensor.Shape.ToArray())}] "
                        + $"{Convert.ToHexString(tensor.Data.Span)}",
                ];
            case SiloAddress address:
                return [$"{path} = {address.ToParsableString()}"];
            case InferenceException exception:
                return [$"{path} = {exception.Error} {exception.Message}"];
            case DateTimeOffset time:
                return [$"{path} = {time:O}"];
            case IDictionary entries:
                return entries.Keys.Cast<object>().SelectMany(key => Lines(entries[key], $"{path}[{key}]"));
            case string text:
                return [$"{path} = {text}"];
            case IEnumerable elements:
                return elements.Cast<object>().SelectMany((element, index) => Lines(element, $"{path}[{index}]"));
        }

        Type type = value.GetType();
        return WireContract.Messages.ContainsValue(type)
            ? WireContract.Members(type).SelectMany(member => Lines(member.GetValue(value), $"{path}.{member.Name}"))
            : [$"{path} = {Convert.ToString(value, CultureInfo.InvariantCulture)}"];
    }

    private static Array Filled(Array array, int seed)
    {
        for (int i = 0; i < array.Length; i++)
        {
            array.SetValue(Fill(array.GetType().GetElementType()!, seed + i), i);
        }
        return array;
    }

    private static object Immutable(Type factory, Type[] elements, int seed)
    {
        MethodInfo create = factory
            .GetMethods()
            .Single(method =>
                method.Name == "Create"
                && method.GetParameters() is [{ ParameterType: { IsArray: true } }]
                && method.IsGenericMethod
            );
        return create.MakeGenericMethod(elements).Invoke(null, [Filled(Array.CreateInstance(elements[0], 2), seed)])!;
    }
}
