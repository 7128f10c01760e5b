using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace ContinueWatching.Chaos;

/// <summary>All viewers, two screens each, all of which work at the same time.</summary>
internal sealed class Viewers : IAsyncDisposable
{
    private const int SharedTitles = 3;
    private static readonly string[] _devices = ["tv", "phone"];

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _stop = new();
    private readonly Screen[] _screens;
    private readonly Task _watching;

    public Viewers(Fleet fleet, Balancer balancer, int count, TimeSpan pace)
    {
        Balancer = balancer;
        _screens = [.. Enumerable.Range(0, count).SelectMany(viewer => NewScreens(viewer, fleet))];
        _watching = Task.WhenAll(_screens.Select(screen => Task.Run(() => screen.WatchAsync(pace, _stop.Token))));
    }

    public Balancer Balancer { get; }

    public Ledger Ledger { get; } = new();

    /// <summary>Every answer, as they came.</summary>
    public ConcurrentQueue<Answer> Answers { get; } = [];

    public ConcurrentQueue<StaleRead> StaleReads { get; } = [];

    /// <summary>How many screens there are.</summary>
    public int Screens => _screens.Length;

    /// <summary>When this run began.</summary>
    public DateTimeOffset StartedAt { get; } = Domain.ReportTime.Truncate(TimeProvider.System.GetUtcNow());

    /// <summary>The time of this run.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    /// <summary>Until each screen has had a report acknowledged that was sent after this moment; or until the limit.</summary>
    /// <returns>Those that had none by then.</returns>
    public async Task<IReadOnlyList<string>> EverybodyServedAsync(TimeSpan limit)
    {
        var since = Now;
        while (Array.Exists(_screens, screen => screen.LastServed < since))
        {
            if (Now - since > limit)
                return [.. _screens.Where(screen => screen.LastServed < since).Select(screen => $"{screen}")];
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return [];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private IEnumerable<Screen> NewScreens(int viewer, Fleet fleet)
    {
        var user = string.Create(CultureInfo.InvariantCulture, $"viewer-{viewer}");
        var titles = Enumerable.Range(0, SharedTitles).Select(_ => Guid.NewGuid()).ToArray();
        var watcher = new Watcher(user, new AuthenticationHeaderValue("Bearer", fleet.TokenOf(user)), titles);
        return _devices.Select((device, index) => new Screen(this, watcher, device, (viewer * _devices.Length) + index));
    }
}
