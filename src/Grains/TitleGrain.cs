using System.Data.Common;
using System.Net.Sockets;
using ContinueWatching.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Storage;

namespace ContinueWatching.Grains;

/// <summary>
/// One title of the catalogue: a small document in Orleans' grain storage, read when somebody first asks. Whatever goes wrong with
/// the storage leaves nothing in memory: the next call reads anew.
/// </summary>
/// <remarks>Placed by chance, as <see cref="UserGrain"/> is.</remarks>
[RandomPlacement]
internal sealed class TitleGrain(
    IGrainContext context,
    [FromKeyedServices(TitleCatalogue.Storage)] IGrainStorage storage,
    [FromKeyedServices(TitleCatalogue.Storage)] ConnectionLimit connections,
    TitleCatalogue catalogue) : Grain, ITitleGrain
{
    // Part of the row's key.
    private const string StateName = "title";

    private readonly ContentId _id = new(context.GrainId.GetGuidKey());
    private Task<Loaded>? _loading;

    // Interleaves, and sees what is committed: while a write is under way, what was there before it.
    public async Task<Title?> GetAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return (await LoadAsync(cancellationToken)).Title;
    }

    public async Task SetAsync(Title title, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (title.ContentId != _id)
        {
            throw new ArgumentException($"{title.ContentId} was to be stored as {_id}.", nameof(title));
        }

        if (title.FindFault() is { } fault)
        {
            throw new ArgumentException(fault.ToString(), nameof(title));
        }

        var loaded = await LoadAsync(cancellationToken);
        var document = TitleDocument.Of(title);
        var state = new GrainState<TitleDocument>(document, loaded.ETag) { RecordExists = loaded.ETag is not null };
        await WriteAsync(state, storage.WriteStateAsync);

        // As it is stored, in whole milliseconds.
        var stored = document.ToTitle();
        _loading = Task.FromResult(new Loaded(stored, state.ETag));
        catalogue.Remember(_id, stored);
    }

    public async Task<bool> RemoveAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var loaded = await LoadAsync(cancellationToken);
        if (loaded.Title is null)
        {
            return false;
        }

        var state = new GrainState<TitleDocument>(TitleDocument.Of(loaded.Title), loaded.ETag) { RecordExists = true };
        await WriteAsync(state, storage.ClearStateAsync);
        catalogue.Remember(_id, null);
        return true;
    }

    // Everybody who comes while the title is being read waits for the one read. It is nobody's to cancel.
    private Task<Loaded> LoadAsync(CancellationToken cancellationToken)
    {
        if (_loading is null or { IsCompleted: true, IsCompletedSuccessfully: false })
        {
            _loading = ReadAsync();
        }

        return _loading.WaitAsync(cancellationToken);
    }

    private async Task<Loaded> ReadAsync()
    {
        var state = new GrainState<TitleDocument>();
        try
        {
            await RunAsync(state, storage.ReadStateAsync);
        }
        catch (StorageUnavailableException lost) when (lost.OutcomeUnknown)
        {
            // Most often a connection from before Postgres was started again.
            await RunAsync(state, storage.ReadStateAsync);
        }

        return new Loaded(state.State?.ToTitle(), state.ETag);
    }

    // Forgets what was in memory. A write that fails may be stored all the same, or has met another activation's.
    private async Task WriteAsync(GrainState<TitleDocument> state, StorageCall write)
    {
        try
        {
            await RunAsync(state, write);
        }
        finally
        {
            _loading = null;
        }
    }

    private async Task RunAsync(GrainState<TitleDocument> state, StorageCall call)
    {
        try
        {
            await connections.RunAsync(() => call(StateName, context.GrainId, state));
        }
        catch (InconsistentStateException)
        {
            throw new StorageUnavailableException($"Title {_id} is being written by another activation.");
        }
        catch (Exception exception) when (exception is DbException or SocketException or IOException or TimeoutException)
        {
            // Postgres is away, slow, or stopping: what its driver and the sockets below it throw.
            throw new StorageUnavailableException($"{exception.GetType().Name}: {exception.Message}") { OutcomeUnknown = true };
        }
    }

    private delegate Task StorageCall(string stateName, GrainId grainId, IGrainState<TitleDocument> state);

    /// <summary>What Postgres holds, and the version that the next write has to meet.</summary>
    private sealed record Loaded(Title? Title, string? ETag);
}
