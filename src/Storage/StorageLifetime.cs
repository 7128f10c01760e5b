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
    // Not left to Npgsql, which now and then overlooks a cancellation that comes just as it connects: the process would not stop.
    public Task StartAsync(CancellationToken cancellationToken) => PrepareAsync(cancellationToken).WaitAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await writer.StopAsync(cancellationToken);
        await loader.StopAsync(cancellationToken);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await probe.RequireDurabilityAsync(cancellationToken);
        if (options.Value.MigrateAtStart)
        {
            await Migrator.ApplyAsync(source, logger, cancellationToken);
        }
    }
}
