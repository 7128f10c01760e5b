using System.Collections.Concurrent;
using System.Diagnostics;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using ContinueWatching.Standalone;
using ContinueWatching.Testing;

namespace ContinueWatching.Storage.Tests;

/// <summary>A Postgres that goes away and comes back under a steady stream of reports.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    // Two tries of 5 s + 2 s.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);

    private TestPostgresServer _server = null!;
    private ResumeDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _server = await TestPostgresServer.StartAsync();
        _database = await ResumeDatabase.CreateAsync(_server);
    }

    public async Task DisposeAsync()
    {
        _server.Resume();
        await _server.StartAgainAsync();
        await _database.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_is_stopped_and_killed_again_and_again_loses_no_acknowledged_report()
    {
        var silo = _database.StartSilo();
        await using var viewers = new Viewers(silo.Store);
        Func<Task>[] outages =
        [
            () => _server.StopAsync(PostgresStopMode.Fast),
            () => _server.StopAsync(PostgresStopMode.Immediate),
            _server.KillAsync,
        ];

        foreach (var outage in outages)
        {
            await viewers.UntilAcknowledgedAsync(2_000);
            await outage();
            await viewers.UntilRefusedAsync();
            await _server.StartAgainAsync();
            await viewers.UntilAcknowledgedAsync(500);
        }

        await viewers.DisposeAsync();
        Assert.True(viewers.LongestWait < Bound, $"A report waited {viewers.LongestWait}.");
        Assert.Empty(viewers.Unexpected);
        _database.ForgetConnections();
        foreach (var (user, acknowledged) in viewers.Acknowledged)
        {
            var stored = Assert.Single(await _database.RegistersAsync(user)).Register;
            Assert.False(acknowledged.IsNewerThan(stored), $"{user}: {stored} is older than {acknowledged}.");
        }

        // A line or two for each outage and lane, not one for each report.
        Assert.InRange(silo.Log.Written.Count, 6, 12);
        Assert.Equal("Postgres can be used again", silo.Log.Written.Last().Text);
    }

    [Fact]
    public async Task A_silo_may_stop_in_time_though_its_server_stands_still()
    {
        var silo = _database.StartSilo();
        await silo.Store.StoreAsync(Some.Write());
        _server.Pause();
        Task<bool>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => silo.Store.StoreAsync(Some.Write()))];

        await silo.Lifetime.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(2));

        foreach (var write in waiting)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => write);
    }

    [Fact]
    public async Task A_server_that_stands_still_lets_nobody_hang_and_is_used_again_when_it_goes_on()
    {
        var second = TimeSpan.FromSeconds(1);
        var limit = TimeSpan.FromSeconds(10); // 1 in the queue, 1 for the statement and 2 of grace; the rest for a slow machine
        var silo = _database.StartSilo(options => (options.CommandTimeout, options.QueueTime) = (second, second));
        await using var viewers = new Viewers(silo.Store);
        await viewers.UntilAcknowledgedAsync(500);

        _server.Pause();
        await viewers.UntilRefusedAsync();
        var started = Stopwatch.GetTimestamp();
        var fault = await silo.Probe.FindFaultAsync(_database.Limit);
        var probed = Stopwatch.GetElapsedTime(started);
        _server.Resume();
        await viewers.UntilAcknowledgedAsync(500);

        await viewers.DisposeAsync();
        Assert.True(viewers.LongestWait < limit, $"A report waited {viewers.LongestWait}.");
        Assert.Empty(viewers.Unexpected);
        Assert.NotNull(fault);
        Assert.True(probed < limit, $"The probe waited {probed}.");
    }

    /// <summary>200 viewers: each reports its next second as soon as the last report was acknowledged, or again when it was refused.</summary>
    private sealed class Viewers : IAsyncDisposable
    {
        private readonly IResumeStore _store;
        private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));
        private readonly Task[] _all;
        private long _acknowledged;
        private long _refused;
        private long _longestWait;

        public Viewers(IResumeStore store)
        {
            _store = store;
            _all = [.. Enumerable.Range(0, 200).Select(_ => Task.Run(WatchAsync))];
        }

        public ConcurrentDictionary<UserId, Register> Acknowledged { get; } = [];

        public ConcurrentQueue<Exception> Unexpected { get; } = [];

        public TimeSpan LongestWait => TimeSpan.FromTicks(Volatile.Read(ref _longestWait));

        public Task UntilAcknowledgedAsync(int more) => UntilAsync(() => Volatile.Read(ref _acknowledged), more);

        public Task UntilRefusedAsync() => UntilAsync(() => Volatile.Read(ref _refused), 1);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_all).WaitAsync(Bound);
        }

        private async Task WatchAsync()
        {
            var (user, title) = (Some.User(), Some.Title());
            for (var second = 0; !_stop.IsCancellationRequested;)
            {
                var register = Some.Register(second, position: second + 1);
                var started = Stopwatch.GetTimestamp();
                try
                {
                    if (await _store.StoreAsync(Some.Write(user, title, register)))
                    {
                        Acknowledged[user] = register;
                        Interlocked.Increment(ref _acknowledged);
                        second++;
                    }
                    else
                    {
                        Unexpected.Enqueue(new InvalidOperationException($"{user} lost, to nobody."));
                    }
                }
                catch (StorageUnavailableException)
                {
                    Interlocked.Increment(ref _refused);
                    await Task.Yield();
                }
                catch (Exception other)
                {
                    // Nothing else may come out.
                    Unexpected.Enqueue(other);
                }

                NoteWait(Stopwatch.GetElapsedTime(started).Ticks);
            }
        }

        private void NoteWait(long ticks)
        {
            long longest;
            while (ticks > (longest = Volatile.Read(ref _longestWait)))
                Interlocked.CompareExchange(ref _longestWait, ticks, longest);
        }

        private async Task UntilAsync(Func<long> count, int more)
        {
            var goal = count() + more;
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (count() < goal)
                await pace.WaitForNextTickAsync(_stop.Token);
        }
    }
}
