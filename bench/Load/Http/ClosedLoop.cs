using System.Diagnostics;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Http;

/// <summary>Sends the next request as soon as the answer is there; one clock reading a request.</summary>
internal sealed class ClosedLoop(byte[] request, MeasuredWindow window) : ILoop
{
    public void Run(HttpConnection connection, LatencyRecorder recorder)
    {
        var sent = Stopwatch.GetTimestamp();
        while (sent < window.End)
        {
            var status = Exchange.Try(connection, request);
            var answered = Stopwatch.GetTimestamp();
            if (answered >= window.Start && answered < window.End)
            {
                if (status < 0)
                {
                    recorder.RecordFailure(Exchange.ConnectionFailure);
                }
                else
                {
                    recorder.Record(status, Stopwatch.GetElapsedTime(sent, answered));
                }
            }

            sent = answered;
        }
    }
}
