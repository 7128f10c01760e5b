using ContinueWatching.Contracts;
using ContinueWatching.Standalone;
using ContinueWatching.Testing;

namespace ContinueWatching.Grains.Tests;

/// <summary>Postgres breaks off, stands still and goes away, under a cluster of these tests' own.</summary>
public sealed class OutageTests : IClassFixture<OutageTests.OwnServer>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly TestPostgresServer _server;
    private readonly GrainCluster _cluster;
    private readonly Viewer _viewer;
    private readonly ContentId _film = Viewer.NewTitle();

    public OutageTests(OwnServer own)
    {
        _server = own.Server;
        _cluster = own.Cluster;
        _viewer = new Viewer(_cluster);
    }

    [Fact]
    public async Task A_commit_whose_connection_breaks_once_is_made_on_another()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        Task<ReportResult> report;
        await using (var held = await _viewer.LockAsync(_film))
        {
            report = _viewer.WatchAsync(_film, 200, at: 10);
            var first = await held.UntilBlockedAsync();
            await TerminateAsync(first);
            await held.UntilBlockedAsync(but: first);
        }

        Assert.Equal(ReportOutcome.Applied, (await report).Outcome);
        Assert.Equal([new Stored("tv", 200, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_commit_whose_outcome_nobody_knows_is_no_answer_and_the_user_is_read_anew()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var activation = _viewer.Activation;
        await using (var held = await _viewer.LockAsync(_film))
        {
            var report = _viewer.WatchAsync(_film, 200, at: 10);
            var first = await held.UntilBlockedAsync();
            await TerminateAsync(first);
            await TerminateAsync(await held.UntilBlockedAsync(but: first));
            var away = await Assert.ThrowsAsync<StorageUnavailableException>(() => report);
            Assert.StartsWith("57P01: ", away.Message, StringComparison.Ordinal);
        }

        await activation.Deactivated.WaitAsync(_patience);
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);
        Assert.Equal(900, await _viewer.PlaceAsync(_film));
        Assert.NotEqual(activation.ActivationId, _viewer.Activation.ActivationId);
    }

    [Fact]
    public async Task A_commit_that_takes_too_long_is_no_answer_and_the_next_call_tells_what_Postgres_has()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var activation = _viewer.Activation;
        await using (await _viewer.LockAsync(_film))
            await Assert.ThrowsAsync<StorageUnavailableException>(() => _viewer.WatchAsync(_film, 200, at: 10));

        await activation.Deactivated.WaitAsync(_patience);
        Assert.Equal(Assert.Single(await _viewer.StoredAsync(_film)).Position, await _viewer.PlaceAsync(_film));
        await RepeatAsync();
    }

    [Fact]
    public async Task While_Postgres_stands_still_rows_in_memory_are_read_and_reports_are_refused()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        _server.Pause();
        try
        {
            Assert.Equal([_film], await _viewer.RowAsync());
            await Assert.ThrowsAsync<StorageUnavailableException>(() => _viewer.WatchAsync(_film, 200, at: 10));
        }
        finally
        {
            _server.Resume();
        }

        Assert.Equal(Assert.Single(await _viewer.StoredAsync(_film)).Position, await _viewer.PlaceAsync(_film));
        await RepeatAsync();
    }

    [Fact]
    public async Task A_user_who_cannot_be_read_now_wakes_when_Postgres_is_back()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.SleepAsync();
        await _server.StopAsync(PostgresStopMode.Fast);
        try
        {
            var read = await Assert.ThrowsAsync<StorageUnavailableException>(() => _viewer.PlaceAsync(_film));
            Assert.StartsWith("No connection to Postgres: ", read.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => _viewer.RowAsync());
            await Assert.ThrowsAsync<StorageUnavailableException>(() => _viewer.WatchAsync(_film, 200, at: 10));
        }
        finally
        {
            await StartAgainAsync();
        }

        Assert.Equal(100, await _viewer.PlaceAsync(_film));
        await RepeatAsync();
    }

    [Fact]
    public async Task What_was_answered_before_a_crash_of_Postgres_is_there_after_it()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _server.KillAsync();
        await StartAgainAsync();

        // The connections of the silos' pools are lost, and nobody has to know.
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 200, at: 10)).Outcome);
        await _viewer.SleepAsync();
        Assert.Equal(200, await _viewer.PlaceAsync(_film));
    }

    private async Task StartAgainAsync()
    {
        await _server.StartAgainAsync();
        _cluster.Postgres.Clear();
    }

    // The client sends the same again, whatever became of the first.
    private async Task RepeatAsync()
    {
        var repeat = await _viewer.WatchAsync(_film, 200, at: 10);
        Assert.True(repeat.Outcome is ReportOutcome.Applied or ReportOutcome.Stale, $"{repeat.Outcome}");
        Assert.Equal(200, await _viewer.PlaceAsync(_film));
        Assert.Equal([new Stored("tv", 200, 10)], await _viewer.StoredAsync(_film));
    }

    private async Task TerminateAsync(int backend)
    {
        await using var command = _cluster.Postgres.CreateCommand("select pg_terminate_backend($1)");
        command.Parameters.Add(new() { Value = backend });
        Assert.True(await command.ExecuteScalarAsync() is true);
    }

    /// <summary>A server to be ill-treated, and silos that lose patience with it early.</summary>
    public sealed class OwnServer : IAsyncLifetime
    {
        private TestPostgresServer? _server;
        private GrainCluster? _cluster;

        public TestPostgresServer Server => _server!;

        public GrainCluster Cluster => _cluster!;

        public async Task InitializeAsync()
        {
            _server = await TestPostgresServer.StartAsync();
            _cluster = await GrainCluster.StartAsync(
                await _server.CreateDatabaseAsync(), storage => storage.CommandTimeout = TimeSpan.FromSeconds(1));
        }

        public async Task DisposeAsync()
        {
            await Cluster.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
