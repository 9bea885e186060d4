using System.Net;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Compare;

/// <summary>How one protocol asks a server for an answer, and loads it.</summary>
internal interface IInferProtocol
{
    /// <summary>For the report: what is sent over what.</summary>
    string Description { get; }

    /// <summary>Null when the server gives the model's answer, else what is wrong.</summary>
    Task<string?> ProblemAsync(IPEndPoint server, ComparedModel model, CancellationToken cancellation);

    /// <summary>Name and version as the server's metadata say, or null where it has none.</summary>
    Task<string?> MetadataAsync(IPEndPoint server, CancellationToken cancellation);

    /// <summary>A closed loop over so many connections; <paramref name="times"/> are seconds.</summary>
    Task<LoadResult> LoadAsync(
        ComparedServer server,
        ComparedModel model,
        int connections,
        (double Measured, double Warmup) times,
        CancellationToken cancellation
    );
}
