using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Silo;

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
        catch (Exception exception) when (exception is OptionsValidationException or FormatException or InvalidOperationException or NpgsqlException or IOException)
        {
            // Configuration, a refusing database, an address that is none or in use. Anything else is a fault of ours and keeps its stack trace.
            LogFailed(app.Logger, Reason(exception));
            await StopAsync(app);
            return 1;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop while it waited for its database: as good an end as any other.
            await StopAsync(app);
            return 0;
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    // Orleans does not say which port; the web server does.
    private static string Reason(Exception exception) =>
        exception is AddressInUseException ? "Cluster:SiloPort or Cluster:GatewayPort is already in use." : exception.Message;

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
