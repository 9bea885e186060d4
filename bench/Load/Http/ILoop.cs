using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Http;

/// <summary>How one connection's thread decides when to send.</summary>
internal interface ILoop
{
    void Run(HttpConnection connection, LatencyRecorder recorder);
}
