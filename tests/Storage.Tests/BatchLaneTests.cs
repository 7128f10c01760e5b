using System.Diagnostics;
using System.Diagnostics.Metrics;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Time.Testing;
using Lane = ContinueWatching.Storage.BatchLane<int, int>;

namespace ContinueWatching.Storage.Tests;

/// <summary>What a lane promises to those who wait in it, whatever becomes of its batches.</summary>
public sealed class BatchLaneTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private static readonly LaneInstruments _instruments = new(new Meter("test"), new ActivitySource("test"), "commit", "{report}", []);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_fault_of_one_batch_goes_to_those_in_it_and_the_lane_goes_on()
    {
        var lane = Start((batch, _) =>
            batch[0].Request == 1 ? throw new FormatException("Broken.") : Answer(batch));

        await Assert.ThrowsAsync<FormatException>(() => lane.EnqueueAsync(1));

        Assert.Equal(2, await lane.EnqueueAsync(2));
    }

    [Fact]
    public async Task Those_who_had_their_answer_before_a_fault_keep_it()
    {
        var gate = new Gate();
        var lane = Start((batch, _) => gate.PassAsync(() =>
        {
            batch[0].Complete(batch[0].Request);
            throw new FormatException("Broken.");
        }));
        gate.Held = lane.EnqueueAsync(0);
        await gate.Entered.Task;
        Task<int>[] batch = [lane.EnqueueAsync(1), lane.EnqueueAsync(2)];
        await gate.DisposeAsync();

        Assert.Equal(1, await batch[0]);
        await Assert.ThrowsAsync<FormatException>(() => batch[1]);
    }

    [Fact]
    public async Task Whoever_a_batch_forgets_is_told_so()
    {
        var lane = Start((_, _) => Task.CompletedTask);

        await Assert.ThrowsAsync<InvalidOperationException>(() => lane.EnqueueAsync(1));
    }

    [Fact]
    public async Task A_batch_is_never_greater_than_the_limit_and_takes_them_in_their_order()
    {
        var gate = new Gate();
        var batches = new List<int[]>();
        var lane = Start(
            (batch, _) =>
            {
                batches.Add([.. batch.Select(waiter => waiter.Request)]);
                return gate.PassAsync(() => Answer(batch));
            },
            maxBatch: 3);
        gate.Held = lane.EnqueueAsync(0);
        await gate.Entered.Task;
        var waiting = Enumerable.Range(1, 7).Select(lane.EnqueueAsync).ToArray();
        await gate.DisposeAsync();

        Assert.Equal(Enumerable.Range(1, 7), await Task.WhenAll(waiting));
        Assert.Equal([[0], [1, 2, 3], [4, 5, 6], [7]], batches);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_so()
    {
        var (lane, gate) = await StartHeldAsync(capacity: 3);
        await using var _ = gate;
        var waiting = Enumerable.Range(1, 3).Select(lane.EnqueueAsync).ToArray();

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.EnqueueAsync(4));

        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.False(error.OutcomeUnknown);
        Assert.Equal(3, lane.Depth);
        await gate.DisposeAsync();
        Assert.Equal(Enumerable.Range(1, 3), await Task.WhenAll(waiting));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Who_has_waited_too_long_is_refused(int millisecondsOver, bool taken)
    {
        var (lane, gate) = await StartHeldAsync();
        await using var _ = gate;
        var waiting = lane.EnqueueAsync(1);
        _time.Advance(MaxWait + TimeSpan.FromMilliseconds(millisecondsOver));
        var fresh = lane.EnqueueAsync(2);
        await gate.DisposeAsync();

        var error = await Record.ExceptionAsync(() => waiting);

        Assert.Equal(taken, error is null);
        Assert.True(taken || error is StorageUnavailableException { OutcomeUnknown: false });
        Assert.Equal(2, await fresh);
    }

    [Fact]
    public async Task A_lane_that_stops_answers_all_that_wait_and_takes_nothing_more()
    {
        var (lane, gate) = await StartHeldAsync();
        await using var _ = gate;
        var waiting = Enumerable.Range(1, 500).Select(lane.EnqueueAsync).ToArray();

        var stopping = lane.StopAsync(CancellationToken.None);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.EnqueueAsync(501));
        await gate.DisposeAsync();
        await stopping;

        Assert.Contains("closed", error.Message, StringComparison.Ordinal);
        Assert.All(waiting, task => Assert.True(task.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task A_lane_that_may_not_finish_cancels_its_batch_and_refuses_the_rest()
    {
        var entered = new TaskCompletionSource();
        var lane = Start(
            async (_, cancelled) =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, cancelled);
            },
            maxBatch: 1);
        Task<int>[] waiting = [lane.EnqueueAsync(1), lane.EnqueueAsync(2), lane.EnqueueAsync(3)];
        await entered.Task;
        using var deadline = new CancellationTokenSource();

        var stopping = lane.StopAsync(deadline.Token);
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        await deadline.CancelAsync();
        await stopping;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[0]);
        foreach (var rest in waiting[1..])
            Assert.False((await Assert.ThrowsAsync<StorageUnavailableException>(() => rest)).OutcomeUnknown);
    }

    [Fact]
    public async Task Stopping_twice_is_no_harm_and_the_earlier_deadline_counts()
    {
        var lane = Start(async (_, cancelled) => await Task.Delay(Timeout.Infinite, cancelled));
        var waiting = lane.EnqueueAsync(1);

        var patient = lane.StopAsync(CancellationToken.None);
        await lane.StopAsync(new CancellationToken(canceled: true));
        await patient;

        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
    }

    private static Task Answer(IReadOnlyList<Lane.Waiter> batch)
    {
        foreach (var waiter in batch)
            waiter.Complete(waiter.Request);
        return Task.CompletedTask;
    }

    // A lane whose first batch, a request of its own, lasts until the gate is disposed of.
    private async Task<(Lane Lane, Gate Gate)> StartHeldAsync(int capacity = 1_000)
    {
        var gate = new Gate();
        var lane = Start((batch, _) => gate.PassAsync(() => Answer(batch)), capacity);
        gate.Held = lane.EnqueueAsync(0);
        await gate.Entered.Task;
        return (lane, gate);
    }

    private Lane Start(
        Func<IReadOnlyList<Lane.Waiter>, CancellationToken, Task> execute, int capacity = 1_000, int maxBatch = 100) =>
        new(_instruments, capacity, maxBatch, MaxWait, _time, execute);

    private sealed class Gate : IAsyncDisposable
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int>? Held { get; set; }

        public async Task PassAsync(Func<Task> answer)
        {
            Entered.TrySetResult();
            await _open.Task;
            await answer();
        }

        public async ValueTask DisposeAsync()
        {
            _open.TrySetResult();
            await Held!;
        }
    }
}
