using System.Collections.Immutable;
using ContinueWatching.Contracts;
using CsCheck;

namespace ContinueWatching.Grains.Tests;

/// <summary>The user as such: profile and pause, history, watchlist, export and import.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class UserTests(SharedCluster shared)
{
    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_is_known_since_their_first_deed(bool asleep)
    {
        Assert.Equal(new UserProfile(null, HistoryPaused: false), await _viewer.Grain.GetProfileAsync());

        await _viewer.WatchAsync(_film, 100, at: 0);
        await SleepAsync(asleep);

        Assert.Equal(new UserProfile(GrainCluster.Now, HistoryPaused: false), await _viewer.Grain.GetProfileAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_watched_while_the_history_is_paused_is_not_stored(bool asleep)
    {
        var now = (GrainCluster.Now - GrainCluster.Evening).TotalSeconds;
        await _viewer.WatchAsync(_film, 100, at: 0);

        Assert.True((await _viewer.Grain.PauseHistoryAsync(paused: true)).HistoryPaused);
        await SleepAsync(asleep);

        Assert.Equal(ReportOutcome.Paused, (await _viewer.WatchAsync(_film, 200, at: now)).Outcome);
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 150, at: now - 1)).Outcome);
        var batch = await _viewer.Grain.ReportBatchAsync([Viewer.Report(_film, 300, at: now), Viewer.Report(_film, 160, at: now - 0.5)]);
        Assert.Equal([ReportOutcome.Paused, ReportOutcome.Applied], batch.Select(result => result.Outcome));
        Assert.Equal(RowCode.HistoryPaused, (await _viewer.Grain.ExplainAsync(Viewer.NewTitle())).Code);

        // The clock stands still: the pause is over at the moment at which it began, and holds nothing.
        Assert.False((await _viewer.Grain.PauseHistoryAsync(paused: false)).HistoryPaused);
        await SleepAsync(asleep);
        Assert.Equal(
            new UserProfile(GrainCluster.Now, HistoryPaused: false) { PausedFrom = GrainCluster.Now, PausedUntil = GrainCluster.Now },
            await _viewer.Grain.GetProfileAsync());
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 200, at: now)).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_watchlist_says_where_the_viewer_is_in_each_title(bool asleep)
    {
        var (seen, other) = (Viewer.NewTitle(), Viewer.NewTitle());
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.Grain.MarkWatchedAsync(seen);

        foreach (var title in new[] { _film, seen, other, _film })
            Assert.True(await _viewer.Grain.AddToWatchlistAsync(title));
        await SleepAsync(asleep);

        var list = await _viewer.Grain.GetWatchlistAsync();
        Assert.Equal(new[] { _film, seen, other }.OrderDescending(), list.Select(entry => entry.ContentId));
        Assert.Equal(100, list.Single(entry => entry.ContentId == _film).Status!.Position.TotalSeconds);
        Assert.True(list.Single(entry => entry.ContentId == seen).Status!.Completed);
        Assert.Null(list.Single(entry => entry.ContentId == other).Status);

        await _viewer.Grain.RemoveFromWatchlistAsync(_film);
        await _viewer.Grain.RemoveFromWatchlistAsync(_film);
        Assert.DoesNotContain(await _viewer.Grain.GetWatchlistAsync(), entry => entry.ContentId == _film);
    }

    [Fact]
    public async Task What_is_asked_for_again_when_its_answer_was_lost_leaves_alone_what_was_decided_since()
    {
        var asked = GrainCluster.Now.AddSeconds(-10);
        Assert.True((await _viewer.Grain.PauseHistoryAsync(paused: true, asked)).HistoryPaused);
        Assert.False((await _viewer.Grain.PauseHistoryAsync(paused: false)).HistoryPaused);
        var profile = await _viewer.Grain.PauseHistoryAsync(paused: true, asked);
        Assert.Equal((false, asked, GrainCluster.Now), (profile.HistoryPaused, profile.PausedFrom, profile.PausedUntil));

        Assert.True((await _viewer.Grain.PauseHistoryAsync(paused: true)).HistoryPaused);
        Assert.True((await _viewer.Grain.PauseHistoryAsync(paused: false, asked)).HistoryPaused);

        await _viewer.Grain.AddToWatchlistAsync(_film);
        await _viewer.Grain.RemoveFromWatchlistAsync(_film, asked);
        Assert.Equal(_film, Assert.Single(await _viewer.Grain.GetWatchlistAsync()).ContentId);
        await _viewer.Grain.RemoveFromWatchlistAsync(_film, GrainCluster.Now.AddSeconds(-1));
        Assert.Empty(await _viewer.Grain.GetWatchlistAsync());
    }

    [Fact]
    public async Task A_watchlist_that_is_full_takes_nothing_more_and_says_so()
    {
        ImmutableArray<WatchlistRecord> thousand =
            [.. Enumerable.Range(0, 1_000).Select(second => new WatchlistRecord(Viewer.NewTitle(), Viewer.At(second)))];

        Assert.Equal(1_000, await _viewer.Grain.ImportWatchlistAsync(thousand));

        Assert.False(await _viewer.Grain.AddToWatchlistAsync(_film));
        Assert.True(await _viewer.Grain.AddToWatchlistAsync(thousand[0].ContentId));
        var list = await _viewer.Grain.GetWatchlistAsync();
        Assert.Equal(thousand.Reverse().Select(entry => entry.ContentId), list.Select(entry => entry.ContentId));
        await _viewer.Grain.RemoveFromWatchlistAsync(thousand[0].ContentId);
        Assert.True(await _viewer.Grain.AddToWatchlistAsync(_film));
    }

    [Fact]
    public async Task The_history_pages_every_title_once_though_old_ones_come_up_meanwhile()
    {
        var titles = Enumerable.Range(0, 130).Select(_ => Viewer.NewTitle()).ToArray();
        await _viewer.WriteElsewhereAsync(titles.Select((title, index) => (title, index % 2 == 0 ? 990.0 : 100.0, (double)index)));

        var found = new List<ContentId>();
        HistoryCursor? after = null;
        do
        {
            var page = await _viewer.Grain.GetHistoryAsync(30, after);
            Assert.InRange(page.Titles.Length, 1, 30);
            found.AddRange(page.Titles.Select(title => title.ContentId));
            await _viewer.WatchAsync(titles[found.Count % 7], 300, at: 1000 + found.Count, "phone");
            after = page.End;
        }
        while (after is not null);

        Assert.Equal(found.Count, found.Distinct().Count());
        Assert.Empty(titles[7..].Except(found));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task A_page_of_the_history_has_1_to_100_titles(int limit) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.GetHistoryAsync(limit, after: null));

    [Fact]
    public async Task What_one_user_exports_another_imports_and_exports_the_same_and_a_repeat_changes_nothing()
    {
        double[] places = [1, 100.0004, 500, 960];
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5], Gen.Int[0, 9], Gen.Int[0, 2_000], Gen.Int[0, places.Length - 1]);
        await step.Array[1, 60].SampleAsync(
            async steps =>
            {
                var (one, other) = (shared.NewViewer(), shared.NewViewer());
                var titles = Enumerable.Range(0, 6).Select(_ => Viewer.NewTitle()).ToArray();

                // The clock stands still: what is marked at the very moment of a forgetting is forgotten, so no title meets both.
                foreach (var (kind, title, device, at, place) in steps.Where(step => step.Item1 < 6 || (step.Item1 == 9) == (step.Item2 == 0)))
                    await DoAsync(one, kind, titles[title], $"device-{device}", at, places[place]);

                ImmutableArray<TitleRecord> exported = [.. await one.ExportAsync()];
                if (exported.IsEmpty)
                    return;
                Assert.Equal(exported.Length, await other.Grain.ImportAsync(exported));
                Assert.Equal(string.Join("\n", await one.HeldAsync()), string.Join("\n", await other.HeldAsync()));

                // In memory and in Postgres alike.
                await one.SleepAsync();
                await other.SleepAsync();
                Assert.Equal(await one.RowAsync(), await other.RowAsync());
                Assert.Equal(string.Join("\n", await one.HeldAsync()), string.Join("\n", await other.HeldAsync()));
                Assert.Equal(0, await other.Grain.ImportAsync(exported));
                Assert.Equal(0, await one.Grain.ImportAsync(exported));
            },
            iter: 30,
            threads: 1);
    }

    [Fact]
    public async Task An_import_of_places_finer_than_a_millisecond_changes_nothing_when_repeated()
    {
        var place = new PlaceRecord(DeviceId.Parse("tv"), TimeSpan.FromTicks(1_000_001), TimeSpan.FromTicks(9_000_001), Viewer.At(0).AddTicks(7));
        ImmutableArray<TitleRecord> titles = [new TitleRecord(_film, [place]) { HiddenAt = Viewer.At(1).AddTicks(7) }];

        Assert.Equal(1, await _viewer.Grain.ImportAsync(titles));
        Assert.Equal(0, await _viewer.Grain.ImportAsync(titles));
        await _viewer.SleepAsync();
        Assert.Equal(0, await _viewer.Grain.ImportAsync(titles));
    }

    [Fact]
    public async Task An_import_overwrites_nothing_newer()
    {
        await _viewer.WatchAsync(_film, 500, at: 100);
        var old = new PlaceRecord(DeviceId.Parse("tv"), TimeSpan.FromSeconds(100), null, Viewer.At(50));
        var phone = new PlaceRecord(DeviceId.Parse("phone"), TimeSpan.FromSeconds(200), null, Viewer.At(60));

        Assert.Equal(1, await _viewer.Grain.ImportAsync([new TitleRecord(_film, [old, phone])]));

        Assert.Equal([new Stored("phone", 200, 60), new Stored("tv", 500, 100)], await _viewer.StoredAsync(_film));
        Assert.Equal(500, await _viewer.PlaceAsync(_film));
    }

    [Fact]
    public async Task An_import_that_has_a_fault_or_names_a_title_twice_is_refused_whole()
    {
        var good = new TitleRecord(Viewer.NewTitle(), []) { HiddenAt = Viewer.At(0) };

        await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.ImportAsync([good, good]));
        await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.ImportAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(
            () => _viewer.Grain.ImportAsync([good, new TitleRecord(_film, []) { HiddenAt = GrainCluster.Now.AddMinutes(1) }]));

        Assert.Equal(0, await _viewer.RowsAsync());
    }

    private static Task DoAsync(Viewer viewer, int kind, ContentId title, string device, int at, double place) => kind switch
    {
        < 6 => viewer.WatchAsync(title, place, at, device, duration: 1000),
        6 => viewer.Grain.HideAsync(title),
        7 => viewer.Grain.MarkWatchedAsync(title),
        8 => viewer.Grain.UnmarkWatchedAsync(title),
        _ => viewer.Grain.ForgetAsync(title),
    };

    private Task SleepAsync(bool asleep) => asleep ? _viewer.SleepAsync() : Task.CompletedTask;
}
