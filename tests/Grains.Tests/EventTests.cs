using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>What those hear who listen to a user, and when.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class EventTests(SharedCluster shared) : IDisposable
{
    private readonly SharedCluster _shared = shared;
    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();
    private readonly List<Listener> _listeners = [];

    [Fact]
    public async Task A_report_is_told_with_the_place_that_it_left()
    {
        var listener = await ListenAsync();

        await _viewer.WatchAsync(_film, 100, at: 0, duration: 1000);
        await _viewer.WatchAsync(_film, 990, at: 10, duration: 1000);

        var (first, second) = (await listener.NextAsync(), await listener.NextAsync());
        Assert.Equal((_film, 100.0, false), Told(first));
        Assert.Equal((_film, 990.0, true), Told(second));
        Assert.Equal((first.Epoch, first.Version + 1), (second.Epoch, second.Version));
    }

    [Fact]
    public async Task Everybody_who_listens_hears_wherever_in_the_cluster_the_user_is()
    {
        var silos = new HashSet<SiloAddress?>();
        while (silos.Count < 2)
        {
            var viewer = _shared.NewViewer();
            var listeners = new[] { await ListenAsync(viewer), await ListenAsync(viewer) };
            await viewer.WatchAsync(_film, 100, at: 0);
            foreach (var listener in listeners)
                Assert.Equal((_film, 100.0, false), Told(await listener.NextAsync()));
            silos.Add(viewer.Activation.Address.SiloAddress);
        }
    }

    [Fact]
    public async Task Nothing_is_told_before_it_is_committed_and_nobody_is_kept_from_subscribing()
    {
        var listener = await ListenAsync();
        await _viewer.WatchAsync(_film, 100, at: 0);
        var before = await listener.NextAsync();
        Task<ReportResult> report;
        await using (var held = await _viewer.LockAsync(_film))
        {
            report = _viewer.WatchAsync(_film, 200, at: 10);
            await held.UntilBlockedAsync();

            var renewed = await listener.SubscribeAsync();
            Assert.Equal(new Subscription(before.Epoch, before.Version, IsNew: false), renewed);
        }

        await report;
        Assert.Equal((_film, 200.0, false), Told(await listener.NextAsync()));
    }

    [Fact]
    public async Task What_stores_nothing_is_not_told()
    {
        await _viewer.WatchAsync(_film, 100, at: 10);
        var listener = await ListenAsync();

        await _viewer.WatchAsync(_film, 100, at: 20);
        await _viewer.WatchAsync(_film, 50, at: 5);
        await _viewer.WatchAsync(Viewer.NewTitle(), 0.5, at: 30);
        await _viewer.WatchAsync(_film, 300, at: 40);

        Assert.Equal((_film, 300.0, false), Told(await listener.NextAsync()));
    }

    [Fact]
    public async Task An_older_place_on_another_device_is_told_beside_the_resume_point()
    {
        await _viewer.WatchAsync(_film, 500, at: 100);
        var listener = await ListenAsync();

        await _viewer.WatchAsync(_film, 200, at: 50, "phone");

        var change = await listener.NextAsync();
        Assert.Equal((_film, 500.0, false), Told(change));
        Assert.Equal(200, Assert.Single(change.Titles[0].Status!.Elsewhere).Position.TotalSeconds);
    }

    [Fact]
    public async Task A_batch_names_its_titles_and_a_great_one_only_says_that_there_are_many()
    {
        var listener = await ListenAsync();

        await _viewer.Grain.ReportBatchAsync(Reports(Limits.TitlesInChange));
        await _viewer.Grain.ReportBatchAsync(Reports(Limits.TitlesInChange + 1));

        var (few, many) = (await listener.NextAsync(), await listener.NextAsync());
        Assert.Equal((Limits.TitlesInChange, ChangedParts.None), (few.Titles.Length, few.Parts));
        Assert.Equal((0, ChangedParts.Row), (many.Titles.Length, many.Parts));
    }

    [Fact]
    public async Task A_viewers_word_on_a_title_is_told()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var listener = await ListenAsync();

        await _viewer.Grain.HideAsync(_film);
        await _viewer.Grain.RestoreAsync(_film);
        await _viewer.Grain.MarkWatchedAsync(_film);
        await _viewer.Grain.UnmarkWatchedAsync(_film);
        await _viewer.Grain.ForgetAsync(_film);

        for (var hiding = 0; hiding < 2; hiding++)
        {
            var change = await listener.NextAsync();
            Assert.Equal((0, ChangedParts.Row), (change.Titles.Length, change.Parts));
        }

        Assert.Equal((_film, 100.0, true), Told(await listener.NextAsync()));
        Assert.Equal((_film, 100.0, false), Told(await listener.NextAsync()));
        Assert.Equal([new TitleChange(_film, null)], (await listener.NextAsync()).Titles.AsEnumerable());
    }

    [Fact]
    public async Task What_changes_beside_titles_is_told_by_its_name()
    {
        var listener = await ListenAsync();

        await _viewer.Grain.AddToWatchlistAsync(_film);
        await _viewer.Grain.RemoveFromWatchlistAsync(_film);
        await _viewer.Grain.ImportWatchlistAsync([new WatchlistRecord(_film, Viewer.At(0))]);
        await _viewer.Grain.PauseHistoryAsync(paused: true);
        await _viewer.Grain.PauseHistoryAsync(paused: true);
        await _viewer.Grain.EraseAsync();

        foreach (var parts in new[]
        {
            ChangedParts.Watchlist,
            ChangedParts.Watchlist,
            ChangedParts.Watchlist,
            ChangedParts.Profile,
            ChangedParts.Row | ChangedParts.Watchlist | ChangedParts.Profile,
        })
            Assert.Equal(parts, (await listener.NextAsync()).Parts);
    }

    [Fact]
    public async Task What_is_imported_is_told_as_far_as_it_changes_something()
    {
        var record = new TitleRecord(_film, [new PlaceRecord(DeviceId.Parse("tv"), TimeSpan.FromSeconds(100), null, Viewer.At(0))]);
        var listener = await ListenAsync();

        await _viewer.Grain.ImportAsync([record]);
        await _viewer.Grain.ImportAsync([record]);
        await _viewer.Grain.ImportAsync([record with { HiddenAt = Viewer.At(10) }]);

        Assert.NotEqual(ChangedParts.Subscription, (await listener.NextAsync()).Parts);
        Assert.Equal(ChangedParts.Row, (await listener.NextAsync()).Parts);
        Assert.Equal(2, (await listener.SubscribeAsync())!.Version);
    }

    [Fact]
    public async Task What_another_activation_has_written_is_told_when_it_comes_to_light()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var listener = await ListenAsync();
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);

        await _viewer.WatchAsync(_film, 110, at: 10);

        Assert.Equal((_film, 900.0, false), Told(await listener.NextAsync()));
    }

    [Fact]
    public async Task A_user_who_goes_to_sleep_says_so_and_the_renewal_begins_anew()
    {
        var listener = await ListenAsync();
        await _viewer.WatchAsync(_film, 100, at: 0);
        var before = await listener.NextAsync();

        await _viewer.SleepAsync();

        Assert.Equal(ChangedParts.Subscription, (await listener.NextAsync()).Parts);
        var renewed = await listener.SubscribeAsync();
        Assert.True(renewed!.IsNew);
        Assert.NotEqual(before.Epoch, renewed.Epoch);
        await _viewer.WatchAsync(_film, 200, at: 10);
        Assert.Equal((_film, 200.0, false), Told(await listener.NextAsync()));
    }

    [Fact]
    public async Task A_user_has_twenty_listeners_at_most_and_each_of_them_may_renew()
    {
        for (var count = 0; count < Limits.ObserversPerUser; count++)
            await ListenAsync();
        var late = new Listener(_viewer, _shared.Cluster.Grains);
        _listeners.Add(late);

        Assert.Null(await late.SubscribeAsync());
        Assert.False((await _listeners[0].SubscribeAsync())!.IsNew);
        await _listeners[0].UnsubscribeAsync();
        Assert.True((await late.SubscribeAsync())!.IsNew);
    }

    [Fact]
    public async Task Who_has_unsubscribed_hears_nothing_more()
    {
        var (gone, there) = (await ListenAsync(), await ListenAsync());
        await gone.UnsubscribeAsync();
        await gone.UnsubscribeAsync();

        await _viewer.WatchAsync(_film, 100, at: 0);
        await there.NextAsync();
        await gone.SubscribeAsync();
        await _viewer.WatchAsync(_film, 200, at: 10);

        Assert.Equal((_film, 200.0, false), Told(await gone.NextAsync()));
    }

    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    private async Task<Listener> ListenAsync(Viewer? viewer = null)
    {
        var listener = new Listener(viewer ?? _viewer, _shared.Cluster.Grains);
        _listeners.Add(listener);
        Assert.NotNull(await listener.SubscribeAsync());
        return listener;
    }

    private static ImmutableArray<Report> Reports(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Viewer.Report(Viewer.NewTitle(), 100, at: 0))];

    private static (ContentId Title, double Position, bool Completed) Told(UserChange change)
    {
        var title = Assert.Single(change.Titles);
        return (title.ContentId, title.Status!.Position.TotalSeconds, title.Status.Completed);
    }
}
