using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>
/// A user may be awake on two silos for a while, when one of them is thought dead. The test writes as the other one does, past
/// the grain.
/// </summary>
[Collection(OnSharedCluster.Name)]
public sealed class TwoActivationsTests(SharedCluster shared)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();

    [Fact]
    public async Task A_report_that_lost_is_answered_with_the_truth()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);

        var lost = await _viewer.WatchAsync(_film, 110, at: 10);

        Assert.Equal((ReportOutcome.Stale, 900.0), (lost.Outcome, lost.Status!.Position.TotalSeconds));
        Assert.Equal(900, await _viewer.PlaceAsync(_film));
        Assert.Equal([new Stored("tv", 900, 50)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task After_a_lost_report_the_grain_asks_Postgres_about_titles_it_did_not_know()
    {
        var series = Viewer.NewTitle();
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.WriteElsewhereAsync([(_film, 900, 50), (series, 300, 50)]);
        await _viewer.WatchAsync(_film, 110, at: 10);

        var other = await _viewer.WatchAsync(series, 200, at: 20, "phone");

        Assert.Equal((ReportOutcome.Superseded, 300.0), (other.Outcome, other.Status!.Position.TotalSeconds));
    }

    [Fact]
    public async Task A_grain_that_lost_once_stays_awake()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var activation = _viewer.Activation;
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);
        await _viewer.WatchAsync(_film, 110, at: 10);

        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(_film, 910, at: 60)).Outcome);
        Assert.Same(activation, _viewer.Activation);
    }

    [Fact]
    public async Task A_grain_that_loses_again_gives_up_and_the_next_call_wakes_it_with_all_that_Postgres_has()
    {
        var series = Viewer.NewTitle();
        await _viewer.WatchAsync(_film, 100, at: 0);
        var activation = _viewer.Activation;
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);
        await _viewer.WatchAsync(_film, 110, at: 10);
        await _viewer.WriteElsewhereAsync([(_film, 1000, 150), (series, 300, 150)]);

        var lost = await _viewer.WatchAsync(_film, 910, at: 60);

        Assert.Equal((ReportOutcome.Stale, 1000.0), (lost.Outcome, lost.Status!.Position.TotalSeconds));
        await activation.Deactivated.WaitAsync(_patience);
        Assert.Equal(300, await _viewer.PlaceAsync(series));
        Assert.NotEqual(activation.ActivationId, _viewer.Activation.ActivationId);
    }

    [Fact]
    public async Task A_register_that_is_newer_elsewhere_is_not_evicted()
    {
        for (var device = 1; device <= 8; device++)
            await _viewer.WatchAsync(_film, 100 * device, at: device, $"device-{device}");
        await _viewer.WriteElsewhereAsync(_film, 5000, at: 100, "device-1");

        await _viewer.WatchAsync(_film, 900, at: 9, "device-9");

        Assert.Contains(new Stored("device-1", 5000, 100), await _viewer.StoredAsync(_film));
        await _viewer.SleepAsync();
        Assert.Equal(5000, await _viewer.PlaceAsync(_film));
    }
}
