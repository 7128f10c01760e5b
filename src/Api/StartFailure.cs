using System.Data.Common;
using System.Net.Sockets;
using ContinueWatching.Api.Http;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api;

/// <summary>Runs a process to its end, and tells a start that failed in one line.</summary>
internal static partial class StartFailure
{
    /// <returns>0, also when it was stopped while it still looked for a silo; 1 when it could not start for what its configuration said.</returns>
    public static async Task<int> RunToExitCodeAsync(this WebApplication app)
    {
        await using var _ = app;
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (FindReason(exception) is { } reason)
        {
            LogFailed(app.Logger, reason);
            await StopAsync(app);
            return 1;
        }
        catch (Exception exception) when (app.Lifetime.ApplicationStopping.IsCancellationRequested && IsEndOfSearch(exception))
        {
            await app.StopAsync();
            return 0;
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    // Told to stop between two looks for a silo, or in the middle of one that then fails for its own reason.
    private static bool IsEndOfSearch(Exception exception) => exception switch
    {
        AggregateException all => all.InnerExceptions.All(IsEndOfSearch),
        _ => exception is DbException or SocketException || Unavailable.IsPassing(exception),
    };

    private static async Task StopAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync();
        }
        catch (ArgumentNullException)
        {
            // The host's word for services that it had not made yet: there is nothing to stop.
        }
    }

    // Configuration, or an address that is none or in use. Anything else is a fault of ours and keeps its stack trace. What starts
    // together fails together: the first that is no consequence of the others is the reason.
    private static string? FindReason(Exception exception) => exception switch
    {
        AggregateException all => all.InnerExceptions.Select(FindReason).FirstOrDefault(reason => reason is not null),
        OptionsValidationException or FormatException or InvalidOperationException or IOException => exception.Message,
        _ => null,
    };

    [LoggerMessage(1, LogLevel.Critical, "Not started: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
