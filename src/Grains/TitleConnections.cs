using System.Diagnostics.CodeAnalysis;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Grains;

/// <summary>
/// How many titles a silo reads or writes in Postgres at once, a connection each. A silo whose catalogue is cold is asked for thousands at
/// a time: they must not take the connections that commits need.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing.")]
public sealed class TitleConnections(IOptions<CatalogueOptions> options, TimeProvider time)
{
    private readonly SemaphoreSlim _free = new(options.Value.Connections);
    private readonly TimeSpan _patience = options.Value.Patience;

    /// <summary>Runs <paramref name="call"/> when a connection is free for it.</summary>
    /// <exception cref="StorageUnavailableException">None came free within <see cref="CatalogueOptions.Patience"/>.</exception>
    public async Task RunAsync(Func<Task> call)
    {
        await EnterAsync();
        try
        {
            await call();
        }
        finally
        {
            _free.Release();
        }
    }

    private async ValueTask EnterAsync()
    {
        if (_free.Wait(0, CancellationToken.None))
        {
            return;
        }

        using var limit = new CancellationTokenSource(_patience, time);
        try
        {
            await _free.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Who asked does without by now.
            throw new StorageUnavailableException($"The catalogue's connections are taken for longer than {_patience.TotalSeconds} s.");
        }
    }
}
