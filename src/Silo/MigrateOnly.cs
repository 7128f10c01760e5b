using ContinueWatching.Hosting;
using ContinueWatching.Storage;
using Npgsql;

namespace ContinueWatching.Silo;

/// <summary>The deploy step: brings the schema up to date and ends.</summary>
internal static partial class MigrateOnly
{
    /// <returns>The exit code: 0 when the schema is what this build needs.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.AddJsonLogs();
        using var host = builder.Build();
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MigrateOnly).FullName!);
        try
        {
            await using var source = StorageServices.CreateDataSource(builder.Configuration);
            var applied = await Migrator.ApplyAsync(source, logger, CancellationToken.None);
            LogDone(logger, applied);
            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or NpgsqlException)
        {
            // What a deployment got wrong, in one line; anything else is a fault of ours and keeps its stack trace.
            LogFailed(logger, exception.Message);
            return 1;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The schema is up to date; migrations applied: {Applied}")]
    private static partial void LogDone(ILogger logger, int applied);

    [LoggerMessage(2, LogLevel.Critical, "The schema was not brought up to date: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
