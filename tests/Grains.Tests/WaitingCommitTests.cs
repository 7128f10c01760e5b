using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>While a commit is under way: Postgres is held up by a lock of the test's.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class WaitingCommitTests(SharedCluster shared)
{
    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();

    [Fact]
    public async Task Reads_do_not_wait_for_a_commit_and_see_what_was_before_it()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        Task<ReportResult> report;
        await using (var held = await _viewer.LockAsync(_film))
        {
            report = _viewer.WatchAsync(_film, 200, at: 10);
            await held.UntilBlockedAsync();

            Assert.Equal(100, await _viewer.PlaceAsync(_film));
            Assert.Equal(100, Assert.Single(await _viewer.Grain.GetRowAsync()).Position.TotalSeconds);
            Assert.False(report.IsCompleted);
        }

        Assert.Equal(ReportOutcome.Applied, (await report).Outcome);
        Assert.Equal(200, await _viewer.PlaceAsync(_film));
        Assert.Equal(200, Assert.Single(await _viewer.Grain.GetRowAsync()).Position.TotalSeconds);
    }

    [Fact]
    public async Task Reports_of_one_user_are_judged_one_after_the_other()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        Task<ReportResult> tv, phone;
        await using (var held = await _viewer.LockAsync(_film))
        {
            tv = _viewer.WatchAsync(_film, 200, at: 20);
            await held.UntilBlockedAsync();
            phone = _viewer.WatchAsync(_film, 300, at: 10, "phone");
        }

        Assert.Equal((ReportOutcome.Applied, ReportOutcome.Superseded), ((await tv).Outcome, (await phone).Outcome));
        Assert.Equal(200, (await phone).Status!.Position.TotalSeconds);
    }

    [Fact]
    public async Task A_report_cancelled_before_its_turn_stores_nothing()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        using var impatience = new CancellationTokenSource();
        Task first;
        await using (var held = await _viewer.LockAsync(_film))
        {
            first = _viewer.WatchAsync(_film, 200, at: 10);
            await held.UntilBlockedAsync();
            var second = _viewer.Grain.ReportAsync(Viewer.Report(_film, 300, at: 20, "phone"), impatience.Token);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        }

        await first;
        await TurnAsync();
        Assert.Equal([new Stored("tv", 200, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_commit_under_way_is_awaited_though_its_caller_has_lost_patience()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        using var impatience = new CancellationTokenSource();
        Task<ReportResult> report;
        await using (var held = await _viewer.LockAsync(_film))
        {
            report = _viewer.Grain.ReportAsync(Viewer.Report(_film, 200, at: 10), impatience.Token);
            await held.UntilBlockedAsync();
            await impatience.CancelAsync();
            Assert.Equal(100, await _viewer.PlaceAsync(_film));
            Assert.False(report.IsCompleted);
        }

        Assert.Equal(ReportOutcome.Applied, (await report).Outcome);
        Assert.Equal(200, await _viewer.PlaceAsync(_film));
        Assert.Equal([new Stored("tv", 200, 10)], await _viewer.StoredAsync(_film));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_already_does_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _viewer.Grain.ReportAsync(Viewer.Report(_film, 100, at: 0), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _viewer.Grain.GetWatchStatusAsync([_film], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _viewer.Grain.GetRowAsync(cancelled));

        await TurnAsync();
        Assert.Empty(await _viewer.StoredAsync(_film));
    }

    // A report that nothing is stored of: its turn comes when those in front of it have ended.
    private Task<ReportResult> TurnAsync() => _viewer.WatchAsync(_film, 0, at: 1000);
}
