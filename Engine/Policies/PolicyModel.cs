using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Engine.Policies;

/// <summary>
/// A learned policy's ONNX file: <c>tokens</c> FP32 [sets, count, width] and <c>mask</c> FP32 [sets, count] in,
/// <c>actions</c> FP32 [sets, count, actions] and <c>ranks</c> FP32 [sets] out; its meta data name the schema of tokens
/// and actions and a hash of its weights. Runs on the calling thread alone. Thread-safe.
/// </summary>
public sealed class PolicyModel : IDisposable
{
    /// <summary>Meta data: the hash of what tokens and actions mean.</summary>
    public const string SchemaKey = "schema_sha256";

    /// <summary>Meta data: the hash of all weights, see <see cref="HashOf"/>.</summary>
    public const string WeightsKey = "weights_sha256";

    /// <summary>Meta data: where it comes from.</summary>
    public const string ProvenanceKey = "provenance";

    private static readonly string[] s_inputs = ["tokens", "mask"];
    private static readonly string[] s_outputs = ["actions", "ranks"];

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly int _width;
    private readonly int _actions;

    private PolicyModel(InferenceSession session, int width, int actions, string hash, string provenance)
    {
        _session = session;
        _width = width;
        _actions = actions;
        Hash = hash;
        Provenance = provenance;
    }

    /// <summary>SHA-256 of its weights, in hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>Where it comes from.</summary>
    public string Provenance { get; }

    /// <summary>Loads a policy.</summary>
    /// <param name="file">The file's contents.</param>
    /// <param name="schema">The hash that its schema must have.</param>
    /// <param name="width">Values of a token.</param>
    /// <param name="actions">Actions for a token.</param>
    /// <exception cref="ModelLoadException">It is no such policy: another schema, changed weights, weights that are no
    /// numbers, or no ONNX file.</exception>
    public static PolicyModel Load(ReadOnlyMemory<byte> file, string schema, int width, int actions)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(file.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new ModelLoadException("the policy is not an ONNX file", exception);
        }

        string Meta(string key) =>
            model.MetadataProps.FirstOrDefault(property => property.Key == key)?.Value
            ?? throw new ModelLoadException($"the policy says nothing of its {key}");
        if (Meta(SchemaKey) is var own && own != schema)
        {
            throw new ModelLoadException(
                $"the policy was made for the schema {Short(own)}, this version has {Short(schema)}: train it again"
            );
        }
        string hash = HashOf(model);
        if (Meta(WeightsKey) is var said && said != hash)
        {
            throw new ModelLoadException(
                $"the policy's weights have the hash {Short(hash)}, the file says {Short(said)}: it was "
                    + $"changed after training"
            );
        }
        if (Weights(model).FirstOrDefault(weight => !AllFinite(weight)) is { } broken)
        {
            throw new ModelLoadException($"the policy's weight '{broken.Name}' holds values that are no numbers");
        }
        InferenceSession? session = null;
        try
        {
            _ = OnnxRuntimeEnvironment.AvailableProviders;
            using SessionOptions options = new()
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            session = new InferenceSession(file.ToArray(), options);
            PolicyModel policy = new(session, width, actions, hash, Meta(ProvenanceKey));
            float[] answer = new float[actions];
            float[] rank = new float[1];
            // Once here: a policy that does not run must be refused at load, not while it decides.
            policy.Run(new float[width], [1], 1, 1, answer, rank);
            if (!Array.TrueForAll([.. answer, .. rank], float.IsFinite))
            {
                throw new ModelLoadException("the policy answers with values that are no numbers");
            }
            return policy;
        }
        catch (OnnxRuntimeException exception)
        {
            session?.Dispose();
            throw new ModelLoadException($"the policy cannot be run: {exception.Message}", exception);
        }
        catch (ModelLoadException)
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 over the names and bytes of all FP32 constants, by name.</summary>
    public static string HashOf(ModelProto model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TensorProto weight in Weights(model).OrderBy(weight => weight.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(weight.Name));
            hash.AppendData(weight.RawData.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Evaluates.</summary>
    /// <param name="tokens">[sets, count, width].</param>
    /// <param name="mask">[sets, count]: 1 for a token, 0 for padding.</param>
    /// <param name="sets">Sets, ≥ 1.</param>
    /// <param name="count">Tokens of each set, ≥ 1.</param>
    /// <param name="actions">Receives [sets, count, actions].</param>
    /// <param name="ranks">Receives [sets].</param>
    public void Run(
        ReadOnlySpan<float> tokens,
        ReadOnlySpan<float> mask,
        int sets,
        int count,
        Span<float> actions,
        Span<float> ranks
    )
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, sets * count * _width);
        ArgumentOutOfRangeException.ThrowIfNotEqual(actions.Length, sets * count * _actions);
        using OrtValue tokenValue = OrtValue.CreateTensorValueFromMemory(tokens.ToArray(), [sets, count, _width]),
            maskValue = OrtValue.CreateTensorValueFromMemory(mask.ToArray(), [sets, count]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(
            _run,
            s_inputs,
            [tokenValue, maskValue],
            s_outputs
        );
        outputs[0].GetTensorDataAsSpan<float>().CopyTo(actions);
        outputs[1].GetTensorDataAsSpan<float>().CopyTo(ranks);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }

    private static IEnumerable<TensorProto> Weights(ModelProto model) =>
        model.Graph?.Initializer.Where(tensor => tensor.DataType == (int)TensorProto.Types.DataType.Float) ?? [];

    private static bool AllFinite(TensorProto weight)
    {
        foreach (float value in MemoryMarshal.Cast<byte, float>(weight.RawData.Span))
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return weight.FloatData.All(float.IsFinite);
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
