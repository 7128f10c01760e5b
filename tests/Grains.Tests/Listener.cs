using System.Threading.Channels;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>Listens to one user, as the API does for a stream, and keeps what it hears in order.</summary>
internal sealed class Listener(Viewer viewer, IGrainFactory grains) : IUserObserver, IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Channel<UserChange> _heard = Channel.CreateUnbounded<UserChange>();
    private IUserObserver? _reference;

    public Task<Subscription?> SubscribeAsync()
    {
        _reference ??= grains.CreateObjectReference<IUserObserver>(this);
        return viewer.Grain.SubscribeAsync(_reference);
    }

    public Task UnsubscribeAsync() => viewer.Grain.UnsubscribeAsync(_reference!);

    public Task ChangedAsync(UserChange change) => _heard.Writer.WriteAsync(change).AsTask();

    public async Task<UserChange> NextAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        return await _heard.Reader.ReadAsync(patience.Token);
    }

    public void Dispose() => grains.DeleteObjectReference<IUserObserver>(_reference!);
}
