using Microsoft.Extensions.Options;

namespace ContinueWatching.Api;

/// <summary>Runs a process to its end, and tells a start that failed in one line.</summary>
internal static partial class StartFailure
{
    /// <returns>0; 1 when the process could not start for what its configuration said.</returns>
    public static async Task<int> RunToExitCodeAsync(this WebApplication app)
    {
        await using var _ = app;
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (
            exception is OptionsValidationException or FormatException or InvalidOperationException or IOException)
        {
            // Configuration, or an address that is none or in use. Anything else is a fault of ours and keeps its stack trace.
            LogFailed(app.Logger, exception.Message);
            await app.StopAsync();
            return 1;
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    [LoggerMessage(1, LogLevel.Critical, "Not started: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
