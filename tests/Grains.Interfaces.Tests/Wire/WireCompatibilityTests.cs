using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Grains.Interfaces.Tests.Wire;

/// <summary>
/// Nodes and clients of an earlier release understand this one, and this one what they send: <c>contract.txt</c> is
/// what was ever promised, <c>messages.json</c> holds messages as they were written when their type was new. Both only
/// grow: <c>UPDATE_CONTRACT=1 dotnet test</c> adds what is new and never changes a line.
/// </summary>
public sealed class WireCompatibilityTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();

    private static bool Updates => Environment.GetEnvironmentVariable("UPDATE_CONTRACT") is { Length: > 0 };

    [Fact]
    public void Contract_WhatWasPromised_IsStillThereAndNothingIsUnwritten()
    {
        string path = Beside("contract.txt");
        string[] promised = File.ReadAllLines(path);
        string[] now = WireContract.Lines();

        string[] broken = [.. promised.Except(now, StringComparer.Ordinal)];
        Assert.True(
            broken.Length == 0,
            $"nodes of an earlier release rely on:\n{string.Join('\n', broken)}\nAdd members with new "
                + $"numbers and calls with new names; do not change or remove what is there."
        );
        if (Updates)
        {
            File.WriteAllLines(path, now);
        }
        else
        {
            Assert.True(
                promised.SequenceEqual(now, StringComparer.Ordinal),
                $"new on the wire, and not in contract.txt (UPDATE_CONTRACT=1 dotnet test adds it):\n{string.Join('\n', now.Except(promised, StringComparer.Ordinal))}"
            );
        }
    }

    [Fact]
    public void Messages_AsTheyWereFirstWritten_AreReadWithAllTheyHeld()
    {
        string path = Beside("messages.json");
        SortedDictionary<string, Recorded> recorded = JsonSerializer.Deserialize<SortedDictionary<string, Recorded>>(
            File.ReadAllText(path)
        )!;
        foreach ((string alias, Recorded message) in recorded)
        {
            object read = Serializer.Deserialize<object>(Convert.FromBase64String(message.Bytes))!;
            Assert.Equal(WireContract.Messages[alias], read.GetType());
            Assert.Empty(message.Values.Except(SampleMessage.Lines(read), StringComparer.Ordinal));
        }

        string[] missing = [.. WireContract.Messages.Keys.Except(recorded.Keys, StringComparer.Ordinal)];
        if (!Updates)
        {
            Assert.True(
                missing.Length == 0,
                $"not in messages.json (UPDATE_CONTRACT=1 dotnet test adds them): {string.Join(", ", missing)}"
            );
            return;
        }

        foreach (string alias in missing)
        {
            object sample = SampleMessage.Fill(WireContract.Messages[alias], seed: 1);
            recorded[alias] = new Recorded(
                Convert.ToBase64String(Serializer.SerializeToArray<object>(sample)),
                [.. SampleMessage.Lines(sample)]
            );
        }

        File.WriteAllText(path, JsonSerializer.Serialize(recorded, Indented) + "\n");
    }

    private static string Beside(string name) => RepositoryRoot.File("tests", "Grains.Interfaces.Tests", "Wire", name);

    /// <summary>A message of an earlier release.</summary>
    private sealed record Recorded(string Bytes, string[] Values);
}
