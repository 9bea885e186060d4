using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Takes up any policy but an empty one.</summary>
internal sealed class FakePolicies : IPolicyControl
{
    private readonly List<PolicyVersion> _kept = [];

    public Task<PolicyVersion[]> ListAsync(CancellationToken cancellationToken) => Task.FromResult(_kept.ToArray());

    public Task<PolicyFile?> GetCurrentAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            _kept.Count == 0 ? null : new PolicyFile(_kept[^1].Number, Convert.FromHexString(_kept[^1].Hash))
        );

    public Task<PolicyVersion> PromoteAsync(byte[] file, string report, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
        {
            throw new InferenceException(InferenceError.InvalidArgument, "the policy is not an ONNX file");
        }
        _kept.Add(
            new PolicyVersion(
                _kept.Count + 1,
                Convert.ToHexString(file),
                "test",
                report,
                DateTimeOffset.UnixEpoch,
                IsCurrent: true
            )
        );
        return Task.FromResult(_kept[^1]);
    }

    public Task<PolicyVersion?> RollBackAsync(CancellationToken cancellationToken)
    {
        if (_kept.Count == 0)
        {
            throw new InferenceException(InferenceError.InvalidArgument, "no policy is in force");
        }
        _kept.RemoveAt(_kept.Count - 1);
        return Task.FromResult(_kept.LastOrDefault());
    }
}
