using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>A report's way through the grain: what it answers, and what Postgres then holds.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class ReportTests(SharedCluster shared)
{
    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();

    [Fact]
    public async Task A_report_is_in_Postgres_when_it_is_answered()
    {
        var result = await _viewer.WatchAsync(_film, 61.25, at: 0, duration: 5400);

        Assert.Equal(new Stored("tv", 61.25, 0), Assert.Single(await _viewer.StoredAsync(_film)));
        Assert.Equal(ReportOutcome.Applied, result.Outcome);
        Assert.Equal(
            new WatchStatus(
                _film, TimeSpan.FromSeconds(61.25), TimeSpan.FromSeconds(5400), Viewer.At(0), DeviceId.Parse("tv"), false),
            result.Status);
        Assert.Equal(TimeSpan.FromSeconds(10), result.NextReportIn);
    }

    [Fact]
    public async Task A_film_stopped_on_the_television_goes_on_at_the_same_millisecond_on_the_phone()
    {
        await _viewer.WatchAsync(_film, 754.321, at: 0);
        await _viewer.WatchAsync(_film, 1754.987, at: 1000);

        Assert.Equal(1754.987, await _viewer.PlaceAsync(_film));
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 1756, at: 1010, "phone")).Outcome);
        Assert.Equal(1756, await _viewer.PlaceAsync(_film));
        Assert.Equal([new Stored("tv", 1754.987, 1000), new Stored("phone", 1756, 1010)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_player_that_is_still_loading_wipes_no_place()
    {
        Assert.Null((await _viewer.WatchAsync(_film, 0, at: 0)).Status);
        await _viewer.WatchAsync(_film, 100, at: 10);

        var loading = await _viewer.WatchAsync(_film, 0.999, at: 20);

        Assert.Equal((ReportOutcome.Ignored, 100.0), (loading.Outcome, loading.Status!.Position.TotalSeconds));
        Assert.Equal([new Stored("tv", 100, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_repeat_is_stale_and_answered_with_the_same_place()
    {
        var first = await _viewer.WatchAsync(_film, 100, at: 0);

        var repeat = await _viewer.WatchAsync(_film, 100, at: 0);

        Assert.Equal(first with { Outcome = ReportOutcome.Stale }, repeat);
    }

    [Fact]
    public async Task A_report_that_was_overtaken_is_stale()
    {
        await _viewer.WatchAsync(_film, 110, at: 10);

        var late = await _viewer.WatchAsync(_film, 100, at: 0);

        Assert.Equal((ReportOutcome.Stale, 110.0), (late.Outcome, late.Status!.Position.TotalSeconds));
        Assert.Equal([new Stored("tv", 110, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_paused_television_does_not_win_the_title_back_from_the_phone()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        Assert.Equal(ReportOutcome.Unchanged, (await _viewer.WatchAsync(_film, 100.2, at: 10)).Outcome);
        await _viewer.WatchAsync(_film, 500, at: 20, "phone");

        var paused = await _viewer.WatchAsync(_film, 100.2, at: 30);
        await _viewer.WatchAsync(_film, 510, at: 35, "phone");
        var stillPaused = await _viewer.WatchAsync(_film, 99.8, at: 40);

        Assert.Equal((ReportOutcome.Unchanged, 500.0), (paused.Outcome, paused.Status!.Position.TotalSeconds));
        Assert.Equal((ReportOutcome.Unchanged, 510.0), (stillPaused.Outcome, stillPaused.Status!.Position.TotalSeconds));
        Assert.Equal([new Stored("tv", 100, 0), new Stored("phone", 510, 35)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task What_a_paused_player_said_before_its_last_tick_is_stale()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.WatchAsync(_film, 100, at: 20);

        Assert.Equal(ReportOutcome.Stale, (await _viewer.WatchAsync(_film, 900, at: 10)).Outcome);
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 900, at: 21)).Outcome);
    }

    [Fact]
    public async Task An_older_report_of_another_device_is_kept_but_does_not_lead()
    {
        await _viewer.WatchAsync(_film, 100, at: 10);

        var older = await _viewer.WatchAsync(_film, 900, at: 0, "phone");

        Assert.Equal((ReportOutcome.Superseded, 100.0), (older.Outcome, older.Status!.Position.TotalSeconds));
        Assert.Equal([new Stored("phone", 900, 0), new Stored("tv", 100, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_caller_whose_clock_is_ahead_writes_nothing_into_the_future()
    {
        var early = Viewer.Report(_film, 100, at: 0) with { ReceivedAt = GrainCluster.Now.AddHours(1) };

        Assert.Equal(GrainCluster.Now, (await _viewer.Grain.ReportAsync(early)).Status!.WatchedAt);
    }

    [Fact]
    public async Task A_report_that_waited_on_a_device_with_a_wrong_clock_is_moved_to_when_it_happened()
    {
        // The device's clock is an hour ahead. It lost its connection at 100, and finds it again at 700.
        var waited = Viewer.Report(_film, 100, at: 700) with { WatchedAt = Viewer.At(3700), SentAt = Viewer.At(4300) };

        Assert.Equal(Viewer.At(100), (await _viewer.Grain.ReportAsync(waited)).Status!.WatchedAt);
        Assert.Equal([new Stored("tv", 100, 100)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_ninth_device_takes_the_place_of_the_oldest()
    {
        for (var device = 1; device <= 9; device++)
        {
            var result = await _viewer.WatchAsync(_film, 100 * device, at: device, $"device-{device}");
            Assert.Equal(ReportOutcome.Applied, result.Outcome);
        }

        var stored = await _viewer.StoredAsync(_film);
        Assert.Equal([.. Enumerable.Range(2, 8).Select(device => $"device-{device}")], stored.Select(row => row.Device));

        var tooOld = await _viewer.WatchAsync(_film, 50, at: 1.5, "device-10");
        Assert.Equal((ReportOutcome.Superseded, 900.0), (tooOld.Outcome, tooOld.Status!.Position.TotalSeconds));
        Assert.Equal(stored, await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_faulty_report_is_refused_with_the_name_of_its_field()
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => _viewer.WatchAsync(_film, 1_000_001, at: 0));

        Assert.StartsWith("resumeFrom was 1000001; allowed: 0 to 1000000", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task Ids_that_look_alike_are_different_users()
    {
        var user = $"{Random.Shared.NextInt64(1_000_000_000, long.MaxValue)}";
        await shared.Cluster.Grains.GetUser(UserId.Parse(user)).ReportAsync(Viewer.Report(_film, 100, at: 0));

        Assert.Empty(await shared.Cluster.Grains.GetUser(UserId.Parse($"0{user}")).GetWatchStatusAsync([_film]));
        Assert.Single(await shared.Cluster.Grains.GetUser(UserId.Parse(user)).GetWatchStatusAsync([_film]));
    }

    [Theory]
    [InlineData("me")]
    [InlineData("with space")]
    [InlineData("a/b")]
    public async Task A_grain_whose_key_is_no_user_id_is_refused(string key)
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => shared.Cluster.Grains.GetGrain<IUserGrain>(key).GetRowAsync());

        Assert.Contains($"userId \"{key}\" is not 1 to 128 printable ASCII", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_slept_wakes_with_the_same_answers()
    {
        var series = Viewer.NewTitle();
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 5400);
        await _viewer.WatchAsync(_film, 754.321, at: 10, "phone");
        await _viewer.WatchAsync(series, 30, at: 20);
        var (status, row) = (await _viewer.Grain.GetWatchStatusAsync([series, _film]), await _viewer.Grain.GetRowAsync());

        await _viewer.SleepAsync();

        var (before, after) = (status, await _viewer.Grain.GetWatchStatusAsync([series, _film]));
        Assert.Equal(before.Select(title => title with { Elsewhere = [] }), after.Select(title => title with { Elsewhere = [] }));
        Assert.Equal(before.SelectMany(title => title.Elsewhere), after.SelectMany(title => title.Elsewhere));
        Assert.Equal(row.AsEnumerable(), await _viewer.Grain.GetRowAsync());
    }
}
