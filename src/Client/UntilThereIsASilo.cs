using Microsoft.Extensions.Logging;

namespace ContinueWatching.Client;

/// <summary>Has the client look for a silo as long as it takes, and says why there is none.</summary>
internal sealed partial class UntilThereIsASilo(ILogger<UntilThereIsASilo> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);
    private string? _lastReason;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Once, not at every try: it may be hours until a database or a silo comes.
        if (exception.Message != _lastReason)
        {
            _lastReason = exception.Message;
            LogWaiting(logger, exception.GetType().Name, exception.Message);
        }

        await Task.Delay(_interval, cancellationToken);
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "Waiting for a silo: {Exception}: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string exception, string reason);
}
