using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Hosting;

/// <summary>Runs a process to its end, and tells a start that failed in one line.</summary>
public static partial class StartFailure
{
    /// <summary>Runs <paramref name="app"/> until it is told to stop.</summary>
    /// <returns>0, also when it was stopped while it still started; 1 when it could not start for what its configuration or its database said.</returns>
    public static async Task<int> RunToExitCodeAsync(this WebApplication app)
    {
        await using var _ = app;
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (app.Lifetime.ApplicationStopping.IsCancellationRequested && IsEndOfSearch(exception))
        {
            // Told to stop while it waited for its database or looked for a silo: as good an end as any other.
            await StopAsync(app);
            return 0;
        }
        catch (Exception exception) when (FindReason(exception) is { } reason)
        {
            // What its configuration or its database said. Anything else is a fault of ours and keeps its stack trace.
            LogFailed(app.Logger, reason);
            await StopAsync(app);
            return 1;
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    // Told to stop between two looks for a silo, or in the middle of one that then fails for its own reason.
    private static bool IsEndOfSearch(Exception exception) => exception switch
    {
        AggregateException all => all.InnerExceptions.All(IsEndOfSearch),
        _ => exception is OperationCanceledException or TimeoutException or DbException or SocketException or OrleansException,
    };

    // Configuration, a refusing database, an address that is none or in use. What starts together fails together: the first that is no
    // consequence of the others is the reason. Orleans does not say which port is in use; the web server does.
    private static string? FindReason(Exception exception) => exception switch
    {
        AggregateException all => all.InnerExceptions.Select(FindReason).FirstOrDefault(reason => reason is not null),
        AddressInUseException => "Cluster:SiloPort or Cluster:GatewayPort is already in use.",
        OptionsValidationException or FormatException or InvalidOperationException or DbException or IOException => exception.Message,
        _ => null,
    };

    // A silo that has started says good-bye to its cluster.
    private static async Task StopAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentNullException)
        {
            // Orleans' word for a silo that had not started yet, and the host's for services that it had not made yet: there is
            // nothing to stop.
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "Not started: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
