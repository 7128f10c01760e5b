using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Grains.Tests;

/// <summary>
/// A user is erased from every table and from memory, on silos whose clock is the database's: by that one a tombstone counts.
/// </summary>
public sealed class ErasureTests : IClassFixture<ErasureTests.OwnCluster>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly GrainCluster _cluster;
    private readonly FakeTimeProvider _clock;
    private readonly Viewer _viewer;
    private readonly ContentId _film = Viewer.NewTitle();

    public ErasureTests(OwnCluster own)
    {
        (_cluster, _clock) = (own.Cluster, own.Clock);
        _viewer = new Viewer(_cluster);
    }

    // In seconds into the evening.
    private double Now => (_clock.GetUtcNow() - GrainCluster.Evening).TotalSeconds;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_erased_user_is_gone_from_memory_and_every_table(bool asleep)
    {
        await FillAsync();
        await _viewer.Grain.PauseHistoryAsync(paused: true);

        var receipt = await _viewer.Grain.EraseAsync();

        Assert.Equal((2, 1, 1, 1), (receipt.Rows["resume"], receipt.Rows["title_mark"], receipt.Rows["watchlist"], receipt.Rows["users"]));
        Assert.Equal(0, await _viewer.RowsAsync());
        if (asleep)
            await _viewer.SleepAsync();
        Assert.Empty(await _viewer.RowAsync());
        Assert.Null(await _viewer.StatusAsync(_film));
        Assert.Empty(await _viewer.Grain.GetWatchlistAsync());
        Assert.Empty((await _viewer.Grain.GetHistoryAsync(10, after: null)).Titles);
        Assert.Empty(await _viewer.ExportAsync());
        Assert.Equal(new UserProfile(null, HistoryPaused: false), await _viewer.Grain.GetProfileAsync());
        Assert.Equal(0, await _viewer.RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_of_before_comes_back_and_what_is_watched_afterwards_starts_anew(bool asleep)
    {
        await FillAsync();
        var before = Now;
        await _viewer.Grain.EraseAsync();
        if (asleep)
            await _viewer.SleepAsync();

        Assert.Equal(ReportOutcome.Stale, (await _viewer.WatchAsync(_film, 500, at: before)).Outcome);
        Assert.Equal(
            [ReportOutcome.Stale, ReportOutcome.Ignored],
            (await _viewer.Grain.ReportBatchAsync([Viewer.Report(_film, 500, before - 10, "phone"), Viewer.Report(_film, 0, before)]))
                .Select(result => result.Outcome));
        var place = new PlaceRecord(DeviceId.Parse("tv"), TimeSpan.FromSeconds(100), null, Viewer.At(before));
        Assert.Equal(0, await _viewer.Grain.ImportAsync([new TitleRecord(_film, [place]) { HiddenAt = Viewer.At(before) }]));
        Assert.Equal(0, await _viewer.Grain.ImportWatchlistAsync([new WatchlistRecord(_film, Viewer.At(before))]));
        Assert.Equal(0, await _viewer.RowsAsync());

        _clock.Advance(TimeSpan.FromSeconds(1));
        var anew = await _viewer.WatchAsync(_film, 300, at: Now, duration: 1000);
        Assert.Equal((ReportOutcome.Applied, 0), (anew.Outcome, anew.Status!.PlayCount));
        await _viewer.SleepAsync();
        Assert.Equal([_film], await _viewer.RowAsync());
        Assert.Equal(Viewer.At(Now), (await _viewer.Grain.GetProfileAsync()).CreatedAt);
    }

    [Fact]
    public async Task What_a_silo_writes_that_did_not_know_it_was_dead_is_never_shown_and_deleted_a_minute_later()
    {
        await FillAsync();
        var before = Now - 1;
        await _viewer.Grain.EraseAsync();
        var late = Viewer.NewTitle();
        await _viewer.WriteElsewhereAsync(late, 100, at: before);
        await _viewer.MarkElsewhereAsync(late, changed: before, completed: before, count: 1);
        await ExecuteAsync($"insert into watchlist values ('{_viewer.User}', '{late}', '{Viewer.At(before):O}')");

        Assert.Empty(await _viewer.RowAsync());
        Assert.Null(await _viewer.StatusAsync(late));
        Assert.Empty(await _viewer.Grain.GetWatchlistAsync());
        Assert.Empty((await _viewer.Grain.GetHistoryAsync(10, after: null)).Titles);
        Assert.Empty(await _viewer.ExportAsync());
        Assert.Equal(3, await _viewer.RowsAsync());

        _clock.Advance(TimeSpan.FromSeconds(1));
        await _viewer.WatchAsync(_film, 300, at: Now);
        _clock.Advance(TimeSpan.FromSeconds(59));
        await UntilRowsAsync(2); // the place of afterwards, and the user

        Assert.Equal([_film], await _viewer.RowAsync());
    }

    [Fact]
    public async Task A_grain_that_goes_before_the_minute_is_over_deletes_what_came_until_then()
    {
        await FillAsync();
        var before = Now - 1;
        await _viewer.Grain.EraseAsync();
        await _viewer.WriteElsewhereAsync(_film, 100, at: before);

        await _viewer.SleepAsync();

        Assert.Equal(0, await _viewer.RowsAsync());
    }

    [Fact]
    public async Task Reads_and_reports_that_race_with_the_erasure_bring_nothing_back()
    {
        for (var round = 0; round < 10; round++)
        {
            var titles = Enumerable.Range(0, 120).Select(_ => Viewer.NewTitle()).ToArray();
            await _viewer.WriteElsewhereAsync(titles.Select((title, index) => (title, index > 20 ? 990.0 : 100.0, Now - 1_000 + index)));
            await _viewer.SleepAsync();
            var at = Now;

            Task[] calls =
            [
                .. titles[..5].Select(title => _viewer.Grain.GetRowAsync()),
                .. titles[..5].Select(title => _viewer.StatusAsync(title)),
                .. titles[..5].Select(title => _viewer.WatchAsync(title, 500, at)),
                _viewer.Grain.EraseAsync(),
                .. titles[5..10].Select(title => _viewer.WatchAsync(title, 500, at)),
                .. titles[5..10].Select(title => _viewer.StatusAsync(title)),
                .. titles[5..10].Select(title => _viewer.Grain.GetRowAsync()),
                _viewer.ExportAsync(),
            ];
            await Task.WhenAll(calls);

            Assert.Empty(await _viewer.RowAsync());
            Assert.Empty(await _viewer.Grain.GetWatchStatusAsync([.. titles[..100]]));
            Assert.Empty(await _viewer.ExportAsync());
            Assert.Equal(0, await _viewer.RowsAsync());
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task A_user_of_whom_nothing_is_known_can_be_erased_and_erased_again()
    {
        var first = await _viewer.Grain.EraseAsync();
        var second = await _viewer.Grain.EraseAsync();

        Assert.All(first.Rows.Values.Concat(second.Rows.Values), count => Assert.Equal(0, count));
        Assert.True(second.ErasedAt >= first.ErasedAt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_erasure_that_is_asked_for_again_when_its_answer_was_lost_leaves_what_came_since(bool asleep)
    {
        await FillAsync();

        // The API's clock is ahead, as far as clocks may be.
        var asked = _clock.GetUtcNow().AddSeconds(1);
        var first = await _viewer.Grain.EraseAsync(asked);
        Assert.Equal((2, 1), (first.Rows["resume"], first.Rows["users"]));
        _clock.Advance(TimeSpan.FromSeconds(5));
        await _viewer.WatchAsync(_film, 70, at: Now, duration: 1000);
        if (asleep)
            await _viewer.SleepAsync();

        var again = await _viewer.Grain.EraseAsync(asked);

        Assert.Equal(0, again.Rows.Values.Sum());
        Assert.Equal(70, await _viewer.PlaceAsync(_film));
        Assert.Equal([_film], await _viewer.RowAsync());
        Assert.Equal(1, (await _viewer.Grain.EraseAsync()).Rows["resume"]);
        Assert.Empty(await _viewer.RowAsync());
    }

    [Fact]
    public async Task What_was_asked_for_before_an_erasure_does_not_bring_the_user_back()
    {
        await FillAsync();
        var before = _clock.GetUtcNow().AddSeconds(-1);
        await _viewer.Grain.EraseAsync();

        Assert.True(await _viewer.Grain.AddToWatchlistAsync(_film, before));
        Assert.True((await _viewer.Grain.MarkWatchedAsync(_film, before)).Completed);
        Assert.False((await _viewer.Grain.PauseHistoryAsync(paused: true, before)).HistoryPaused);
        await _viewer.Grain.HideAsync(_film, before);
        await _viewer.Grain.ForgetAsync(_film, before);

        Assert.Equal(0, await _viewer.RowsAsync());
        Assert.Null(await _viewer.StatusAsync(_film));
        Assert.True(await _viewer.Grain.AddToWatchlistAsync(_film, _clock.GetUtcNow()));
        Assert.Single(await _viewer.Grain.GetWatchlistAsync());
    }

    private async Task FillAsync()
    {
        await _viewer.WatchAsync(_film, 990, at: Now - 10, duration: 1000);
        await _viewer.WatchAsync(_film, 100, at: Now - 5, "phone", duration: 1000);
        await _viewer.Grain.AddToWatchlistAsync(_film);
    }

    // The timer's work is its own: Postgres tells when it is done.
    private async Task UntilRowsAsync(long count)
    {
        using var patience = new CancellationTokenSource(_patience);
        while (await _viewer.RowsAsync() != count)
            patience.Token.ThrowIfCancellationRequested();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _cluster.Postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Two silos with one clock between them.</summary>
    public sealed class OwnCluster : IAsyncLifetime
    {
        private GrainCluster? _cluster;

        public GrainCluster Cluster => _cluster!;

        public FakeTimeProvider Clock { get; } = new();

        public async Task InitializeAsync()
        {
            var database = await TestPostgres.CreateDatabaseAsync();
            await using (var command = database.DataSource.CreateCommand("select date_trunc('second', now())"))
                Clock.SetUtcNow(new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync())!));
            _cluster = await GrainCluster.StartAsync(database, services: services => services.AddSingleton<TimeProvider>(Clock));
        }

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
