using System.Reflection;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Wire;

namespace OrleansInference.Grains.Interfaces.Tests.Wire;

/// <summary>
/// What nodes of another release rely on, a line each: members of messages with their numbers, values of enumerations,
/// calls of grains.
/// </summary>
internal static class WireContract
{
    private static readonly Assembly Contract = typeof(ClusterPlan).Assembly;

    // Public types know nothing of Orleans: what is sent of each is said by the type beside its converter.
    private static readonly Dictionary<Type, Type> Surrogates = Contract
        .GetTypes()
        .SelectMany(type => type.GetInterfaces())
        .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IConverter<,>))
        .ToDictionary(type => type.GetGenericArguments()[0], type => type.GetGenericArguments()[1]);

    /// <summary>The types that go over the wire, by their aliases.</summary>
    public static SortedDictionary<string, Type> Messages { get; } =
        new(
            Contract
                .GetTypes()
                .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null && !type.IsEnum)
                .Except(Surrogates.Values)
                .Concat(PublicTypes.ByAlias.Values)
                .ToDictionary(Alias),
            StringComparer.Ordinal
        );

    /// <summary>All lines, sorted.</summary>
    public static string[] Lines()
    {
        List<string> lines = [];
        foreach ((string alias, Type type) in Messages)
        {
            Type sent = Surrogates.GetValueOrDefault(type, type);
            foreach (PropertyInfo member in Members(sent))
            {
                ParameterInfo? parameter = Primary(sent)
                    ?.GetParameters()
                    .FirstOrDefault(candidate => candidate.Name == member.Name);
                string number = member.GetCustomAttribute<IdAttribute>() is { } id
                    ? $"{id.Id}"
                    : $"constructor {parameter!.Position}";
                lines.Add($"message {alias} [{number}] {Name(member.PropertyType)} {member.Name}");
            }
        }

        // Its codec is written by hand.
        lines.Add("message OrleansInference.InferenceException [0] InferenceError Error");
        Type[] types = [.. Contract.GetTypes(), .. typeof(Tensor).Assembly.GetTypes()];
        foreach (Type type in types.Where(type => type.IsEnum && type.IsPublic))
        {
            lines.AddRange(
                Enum.GetNames(type)
                    .Select(name =>
                        $"enumeration {type.FullName} {name} = "
                        + $"{Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}"
                    )
            );
        }
        foreach (
            Type type in Contract
                .GetTypes()
                .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))
        )
        {
            lines.AddRange(
                type.GetMethods()
                    .Select(method =>
                        $"call {Alias(type)}.{method.GetCustomAttribute<AliasAttribute>()?.Alias ?? method.Name}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}) "
                        + $"{Name(method.ReturnType)}"
                    )
            );
        }

        lines.Sort(StringComparer.Ordinal);
        return [.. lines];
    }

    /// <summary>The members of a message that are sent.</summary>
    public static IEnumerable<PropertyInfo> Members(Type type) =>
        Surrogates.TryGetValue(type, out Type? sent)
            ? Members(sent).Select(member => type.GetProperty(member.Name)!)
            : Numbered(type);

    private static IEnumerable<PropertyInfo> Numbered(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(member =>
                member.GetCustomAttribute<IdAttribute>() is not null
                || Primary(type)?.GetParameters().Any(parameter => parameter.Name == member.Name) == true
            );

    /// <summary>A record's primary constructor, if it has one.</summary>
    public static ConstructorInfo? Primary(Type type) =>
        type.GetConstructors()
            .Where(constructor =>
                constructor.GetParameters() is { Length: > 0 } parameters
                && parameters.All(parameter => type.GetProperty(parameter.Name!) is not null)
            )
            .MaxBy(constructor => constructor.GetParameters().Length);

    private static string Alias(Type type) =>
        type.GetCustomAttribute<AliasAttribute>()?.Alias
        ?? PublicTypes.ByAlias.FirstOrDefault(known => known.Value == type).Key
        ?? type.FullName!;

    private static string Name(Type type) =>
        type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        // Names of .NET types are not sent; a message keeps the one that it had first.
        : Messages.ContainsValue(type) ? Alias(type)[(Alias(type).LastIndexOf('.') + 1)..]
        : type.Name;
}
