using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Warmup;

/// <summary>
/// Identifies the server's own warm-up requests by a secret. It is drawn in this process, is never written to disk or
/// log, and opens nothing after the warm-up.
/// </summary>
internal sealed class WarmupToken
{
    /// <summary>The header that carries the secret.</summary>
    public const string Header = "X-Warmup-Token";

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOpen;

    /// <summary>Whether the warm-up is under way; until its end the server does not say that it is ready.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>The header's value.</summary>
    public string Value { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Begins the warm-up.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Ends the warm-up and revokes the secret.</summary>
    public void Close()
    {
        _isOpen = false;
        _closed.TrySetResult();
    }

    /// <summary>Waits for the end of the warm-up, at most so long; ends at once where none is under way.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        if (_isOpen)
        {
            await _closed
                .Task.WaitAsync(longest, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whether the server itself sent a request.</summary>
    public bool IsOwn(HttpRequest request)
    {
        if (!_isOpen)
        {
            return false;
        }
        string sent = request.Headers[Header].ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(sent), Encoding.ASCII.GetBytes(Value));
    }
}
