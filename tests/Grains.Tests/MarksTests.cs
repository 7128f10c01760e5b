using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>Completed, marked watched, hidden, forgotten: awake, after sleep, and with another activation about.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class MarksTests(SharedCluster shared)
{
    // The silos' clock, in seconds into the evening.
    private static readonly double _now = (GrainCluster.Now - GrainCluster.Evening).TotalSeconds;

    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();
    private readonly ContentId _next = Viewer.NewTitle();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_completion_stands_with_the_report_that_caused_it_and_counts_once(bool asleep)
    {
        await _viewer.WatchAsync(_film, 950, at: 100, duration: 1000);
        await _viewer.WatchAsync(_film, 970, at: 120, duration: 1000);
        await SleepAsync(asleep);
        Assert.Equal(ReportOutcome.Stale, (await _viewer.WatchAsync(_film, 950, at: 100, duration: 1000)).Outcome);
        await _viewer.WatchAsync(_film, 990, at: 140, duration: 1000);

        var status = await _viewer.StatusAsync(_film);
        Assert.Equal((true, 1, Viewer.At(100)), (status!.Completed, status.PlayCount, status.CompletedAt));

        await _viewer.WatchAsync(_film, 300, at: 2000, duration: 1000);
        Assert.Equal([_film], await _viewer.RowAsync());
        Assert.Equal((false, 1), (await _viewer.StatusAsync(_film) is { } again ? again.Completed : true, 1));
        var second = await _viewer.WatchAsync(_film, 960, at: 3000, duration: 1000);
        Assert.Equal((2, Viewer.At(3000)), (second.Status!.PlayCount, second.Status.CompletedAt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hidden_title_leaves_the_row_and_keeps_its_place_until_it_is_watched_on(bool asleep)
    {
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);

        await _viewer.Grain.HideAsync(_film);
        await SleepAsync(asleep);

        Assert.Empty(await _viewer.RowAsync());
        Assert.Equal(100, await _viewer.PlaceAsync(_film));
        await _viewer.WatchAsync(_film, 100.1, at: _now - 1);
        await _viewer.WatchAsync(_film, 200, at: 5, "phone");
        Assert.Empty(await _viewer.RowAsync());
        Assert.Equal(RowCode.Hidden, (await _viewer.Grain.ExplainAsync(_film)).Code);

        await _viewer.Grain.RestoreAsync(_film);
        Assert.Equal([_film], await _viewer.RowAsync());
    }

    [Fact]
    public async Task Hiding_what_nobody_has_watched_leaves_no_trace()
    {
        await _viewer.Grain.HideAsync(_film);
        await _viewer.Grain.RestoreAsync(_film);
        await _viewer.Grain.ForgetAsync(_film);
        await _viewer.Grain.UnmarkWatchedAsync(_film);

        Assert.Equal(0, await _viewer.RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hiding_the_next_episode_hides_the_series_until_it_is_watched_again(bool asleep)
    {
        await CatalogueAsync();
        await _viewer.WatchAsync(_film, 990, at: 0, duration: 1000);
        Assert.Equal([_next], await _viewer.RowAsync());

        await _viewer.Grain.HideAsync(_next);
        await SleepAsync(asleep);

        Assert.Empty(await _viewer.RowAsync());
        await _viewer.Grain.RestoreAsync(_next);
        Assert.Equal([_next], await _viewer.RowAsync());
        Assert.Equal(RowReason.NextEpisode, (await _viewer.Grain.GetRowAsync())[0].Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_title_marked_watched_by_hand_counts_once_and_can_be_taken_back(bool asleep)
    {
        await CatalogueAsync();
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);

        var marked = await _viewer.Grain.MarkWatchedAsync(_film);
        await SleepAsync(asleep);
        var again = await _viewer.Grain.MarkWatchedAsync(_film);

        Assert.Equal((true, 1, GrainCluster.Now, 100.0), (marked.Completed, marked.PlayCount, marked.CompletedAt!.Value, marked.Position.TotalSeconds));
        Assert.Equal((1, GrainCluster.Now), (again.PlayCount, again.CompletedAt));
        Assert.Equal([_next], await _viewer.RowAsync());
        Assert.True((await _viewer.WatchAsync(_film, 300, at: 10, "phone")).Status!.Completed);

        await _viewer.Grain.UnmarkWatchedAsync(_film);
        Assert.Equal([_film], await _viewer.RowAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_title_marked_watched_that_was_never_begun_is_answered_completed(bool asleep)
    {
        await _viewer.Grain.MarkWatchedAsync(_film);
        await SleepAsync(asleep);

        Assert.Equal((true, 1), await _viewer.StatusAsync(_film) is { } status ? (status.Completed, status.PlayCount) : default);
        Assert.Empty(await _viewer.RowAsync());
        Assert.Equal(RowCode.MarkedWatched, (await _viewer.Grain.ExplainAsync(_film)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_forgotten_title_comes_back_by_watching_it_anew_alone(bool asleep)
    {
        await _viewer.WatchAsync(_film, 990, at: 0, duration: 1000);
        await _viewer.WatchAsync(_film, 100, at: 10, "phone", duration: 1000);

        await _viewer.Grain.ForgetAsync(_film);
        await SleepAsync(asleep);

        Assert.Null(await _viewer.StatusAsync(_film));
        Assert.Empty(await _viewer.RowAsync());
        Assert.Empty(await _viewer.StoredAsync(_film));
        Assert.Empty((await _viewer.Grain.GetHistoryAsync(10, after: null)).Titles);
        Assert.Equal(ReportOutcome.Stale, (await _viewer.WatchAsync(_film, 300, at: 20, "tablet")).Outcome);
        Assert.Equal(ReportOutcome.Stale, (await _viewer.WatchAsync(_film, 300, at: _now)).Outcome);
        Assert.Null(await _viewer.StatusAsync(_film));

        // What is watched now comes of a silo whose clock has gone on.
        await _viewer.Grain.ForgetAsync(_film);
        await _viewer.SleepAsync();
        await _viewer.WriteElsewhereAsync(_film, 50, at: _now + 10);
        Assert.Equal((50.0, 0), await _viewer.StatusAsync(_film) is { } anew ? (anew.Position.TotalSeconds, anew.PlayCount) : default);
        Assert.Equal([_film], await _viewer.RowAsync());
    }

    [Fact]
    public async Task What_is_asked_for_again_when_its_answer_was_lost_leaves_alone_what_came_since()
    {
        var asked = GrainCluster.Now.AddSeconds(-10);
        await _viewer.WatchAsync(_film, 100, at: _now - 20, duration: 1000);
        await _viewer.Grain.HideAsync(_film, asked);
        await _viewer.WatchAsync(_film, 200, at: _now - 5);
        await _viewer.Grain.HideAsync(_film, asked);
        Assert.Equal([_film], await _viewer.RowAsync());

        await _viewer.Grain.HideAsync(_film);
        await _viewer.Grain.RestoreAsync(_film, asked);
        Assert.Empty(await _viewer.RowAsync());

        await _viewer.WatchAsync(_next, 960, at: _now - 5, duration: 1000);
        await _viewer.Grain.UnmarkWatchedAsync(_next, asked);
        Assert.Equal(1, (await _viewer.StatusAsync(_next))!.PlayCount);

        var other = Viewer.NewTitle();
        await _viewer.Grain.MarkWatchedAsync(other, asked);
        await _viewer.WatchAsync(other, 300, at: _now - 5);
        await _viewer.Grain.MarkWatchedAsync(other, asked);
        Assert.Equal([other], await _viewer.RowAsync());
        Assert.Equal(1, (await _viewer.StatusAsync(other))!.PlayCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forgetting_that_comes_late_takes_what_it_was_asked_for_and_leaves_what_came_since(bool asleep)
    {
        var asked = GrainCluster.Now.AddSeconds(-10);
        await _viewer.WatchAsync(_film, 960, at: _now - 20, duration: 1000);
        await _viewer.WatchAsync(_film, 300, at: _now - 5, "phone");

        await _viewer.Grain.ForgetAsync(_film, asked);
        await _viewer.Grain.ForgetAsync(_film, asked);
        await SleepAsync(asleep);

        var held = Assert.Single(await _viewer.ExportAsync());
        Assert.Equal((asked, null, "phone"), (held.ForgottenAt, held.CompletedAt, Assert.Single(held.Places).DeviceId.Value));
        Assert.Equal([new("phone", 300, _now - 5)], await _viewer.StoredAsync(_film));
        Assert.Equal(300, await _viewer.PlaceAsync(_film));
    }

    [Fact]
    public async Task Forgetting_again_keeps_the_first_moment_of_a_title_that_stayed_forgotten()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.Grain.ForgetAsync(_film);
        var held = await _viewer.HeldAsync();

        await _viewer.Grain.ForgetAsync(_film);

        Assert.Single(held);
        Assert.Equal(held, await _viewer.HeldAsync());
    }

    [Fact]
    public async Task A_completion_that_meets_newer_marks_of_another_activation_counts_with_them()
    {
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);
        await _viewer.MarkElsewhereAsync(_film, changed: _now + 5, hidden: 5);

        var finished = await _viewer.WatchAsync(_film, 960, at: 20, duration: 1000);

        Assert.Equal((ReportOutcome.Applied, 1), (finished.Outcome, finished.Status!.PlayCount));
        var held = Assert.Single(await _viewer.ExportAsync());
        Assert.Equal((Viewer.At(20), 1, Viewer.At(5)), (held.CompletedAt, held.PlayCount, held.HiddenAt));
    }

    [Fact]
    public async Task A_batch_that_meets_newer_marks_of_another_activation_counts_with_them()
    {
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);
        await _viewer.MarkElsewhereAsync(_film, changed: _now + 5, completed: 5, count: 3);

        var results = await _viewer.Grain.ReportBatchAsync(
            [Viewer.Report(_next, 50, at: 1000), Viewer.Report(_film, 960, at: 1000, duration: 1000)]);

        Assert.All(results, result => Assert.Equal(ReportOutcome.Applied, result.Outcome));
        Assert.Equal((4, Viewer.At(1000)), (results[1].Status!.PlayCount, results[1].Status!.CompletedAt));
    }

    [Fact]
    public async Task Two_activations_that_mark_one_title_lose_nothing_of_each_other()
    {
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);
        await _viewer.MarkElsewhereAsync(_film, changed: _now + 5, completed: 50, count: 2);

        await _viewer.Grain.HideAsync(_film);

        var held = Assert.Single(await _viewer.ExportAsync());
        Assert.Equal((2, GrainCluster.Now), (held.PlayCount, held.HiddenAt));
        Assert.Equal(2, (await _viewer.StatusAsync(_film))!.PlayCount);
    }

    [Fact]
    public async Task An_import_that_meets_newer_marks_of_another_activation_is_merged_with_them()
    {
        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);
        await _viewer.MarkElsewhereAsync(_film, changed: _now + 5, completed: 50, count: 2);

        Assert.Equal(1, await _viewer.Grain.ImportAsync([new TitleRecord(_film, []) { HiddenAt = Viewer.At(60) }]));

        var held = Assert.Single(await _viewer.ExportAsync());
        Assert.Equal((2, Viewer.At(60)), (held.PlayCount, held.HiddenAt));
    }

    private Task SleepAsync(bool asleep) => asleep ? _viewer.SleepAsync() : Task.CompletedTask;

    // Before anything is watched: what a silo has heard of the catalogue it remembers for a minute.
    private async Task CatalogueAsync()
    {
        var series = SeriesId.Parse($"{_film}");
        await shared.Cluster.Grains.GetTitle(_film).SetAsync(new Title(_film) { SeriesId = series, NextContentId = _next });
        await shared.Cluster.Grains.GetTitle(_next).SetAsync(new Title(_next) { SeriesId = series });
    }
}
