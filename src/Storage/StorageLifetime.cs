using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>
/// Makes the database ready before Orleans starts, and commits what waits after the last grain has gone: it is registered before
/// Orleans, and hosted services stop in the reverse order.
/// </summary>
internal sealed class StorageLifetime(
    NpgsqlDataSource source,
    DatabaseProbe probe,
    CommitWriter writer,
    ResumeLoader loader,
    IOptions<StorageOptions> options,
    ILogger<StorageLifetime> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await probe.RequireDurabilityAsync(cancellationToken);
        if (options.Value.MigrateAtStart)
        {
            await Migrator.ApplyAsync(source, logger, cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await writer.StopAsync(cancellationToken);
        await loader.StopAsync(cancellationToken);
    }
}
