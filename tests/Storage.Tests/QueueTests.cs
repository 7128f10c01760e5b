using ContinueWatching.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Storage.Tests;

/// <summary>The writer's limits, and its end, with a Postgres that does not get on.</summary>
public sealed class QueueTests(ResumeDatabase database) : IClassFixture<ResumeDatabase>
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_what_waits_in_it_is_committed()
    {
        var silo = Start(queue: 5);
        await using var lane = await database.BlockAsync(silo.Store);
        var waiting = Enumerable.Range(0, 5).Select(_ => silo.Store.StoreAsync(Some.Write())).ToArray();
        Assert.Equal(5, silo.Writer.Depth);

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.StoreAsync(Some.Write()));

        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.False(error.OutcomeUnknown);
        await lane.ReleaseAsync();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.Equal(0, silo.Writer.Depth);
    }

    [Fact]
    public async Task A_report_that_waits_too_long_is_refused_and_not_stored()
    {
        var silo = Start();
        await using var lane = await database.BlockAsync(silo.Store);
        var late = Some.Write();
        var waiting = silo.Store.StoreAsync(late);
        _time.Advance(TimeSpan.FromSeconds(5.001));
        var inTime = silo.Store.StoreAsync(Some.Write());
        await lane.ReleaseAsync();

        Assert.False((await Assert.ThrowsAsync<StorageUnavailableException>(() => waiting)).OutcomeUnknown);
        Assert.True(await inTime);
        Assert.Empty(await database.RegistersAsync(late.User));
    }

    [Fact]
    public async Task A_silo_that_stops_commits_all_that_waits()
    {
        var silo = Start();
        await using var lane = await database.BlockAsync(silo.Store);
        var writes = Enumerable.Range(0, 3_000).Select(_ => Some.Write()).ToArray(); // three batches
        var waiting = writes.Select(silo.Store.StoreAsync).ToArray();

        var stopping = silo.Lifetime.StopAsync(database.Limit);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.StoreAsync(Some.Write()));
        await lane.ReleaseAsync();
        await stopping;

        Assert.All(waiting, write => Assert.True(write.IsCompletedSuccessfully && write.Result));
        Assert.Single(await database.RegistersAsync(writes[^1].User));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.StoreAsync(Some.Write()));
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => silo.Store.LoadNewestAsync(Some.User(), before: null, database.Limit));
    }

    [Fact]
    public async Task A_silo_that_may_not_wait_tells_every_report_and_stops()
    {
        var silo = Start(commitBatch: 10);
        await using var lane = await database.BlockAsync(silo.Store);
        var waiting = Enumerable.Range(0, 25).Select(_ => silo.Store.StoreAsync(Some.Write())).ToArray();
        using var deadline = new CancellationTokenSource();

        var stopping = silo.Lifetime.StopAsync(deadline.Token);
        Assert.False(stopping.IsCompleted);
        await deadline.CancelAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.Write)).OutcomeUnknown);
        foreach (var write in waiting)
            Assert.False((await Assert.ThrowsAsync<StorageUnavailableException>(() => write)).OutcomeUnknown);
    }

    [Fact]
    public async Task Reads_have_a_queue_of_their_own_and_pass_a_commit_that_is_held_up()
    {
        var silo = Start();
        await using var lane = await database.BlockAsync(silo.Store);

        Assert.Empty((await silo.Store.LoadNewestAsync(Some.User(), before: null, database.Limit)).Titles);
        Assert.Empty(await silo.Store.LoadTitlesAsync(Some.User(), [Some.Title()], database.Limit));
    }

    [Fact]
    public async Task A_full_queue_of_reads_refuses_at_once_and_a_caller_may_stop_waiting_for_his()
    {
        var silo = database.StartSilo(options => (options.LoadLanes, options.LoadQueue) = (1, 1), settings: ";Maximum Pool Size=1");
        var taken = await silo.Source.OpenConnectionAsync(database.Limit);
        using var patience = new CancellationTokenSource();
        var read = silo.Store.LoadTitlesAsync(Some.User(), [Some.Title()], patience.Token);

        // The first may have left the queue already, to wait for the connection: then the second fills it.
        var others = Enumerable.Range(0, 2).Select(_ => Record.ExceptionAsync(
            () => silo.Store.LoadTitlesAsync(Some.User(), [Some.Title()], database.Limit))).ToArray();
        Assert.Contains("full", (await others[1])!.Message, StringComparison.Ordinal);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        await taken.DisposeAsync();
        Assert.True(await others[0] is null or StorageUnavailableException);
        Assert.Empty(await silo.Store.LoadTitlesAsync(Some.User(), [Some.Title()], database.Limit));
    }

    private TestSilo Start(int queue = 10_000, int commitBatch = 1_000) => database.StartSilo(
        options => (options.CommitLanes, options.CommitQueue, options.CommitBatch) = (1, queue, commitBatch), _time);
}
