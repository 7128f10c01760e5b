using System.Diagnostics;
using ContinueWatching.Bench.Load;

namespace ContinueWatching.Bench.Tests;

/// <summary>When the requests of an open loop are meant to start.</summary>
public class OpenLoopTests
{
    [Fact]
    public void A_steady_rate_is_even()
    {
        var profile = new RateProfile([new RateStep(2, 100, 100)]);

        Assert.Equal(0.0, profile.DueAt(0));
        Assert.Equal(0.01, profile.DueAt(1)!.Value, 9);
        Assert.Equal(1.99, profile.DueAt(199)!.Value, 9);
        Assert.Null(profile.DueAt(200));
    }

    [Fact]
    public void A_rate_that_rises_has_its_half_of_the_requests_where_the_area_says()
    {
        // 0 to 100 per second in 4 s are 200; those of the first half of the time are a quarter.
        var profile = new RateProfile([new RateStep(4, 0, 100), new RateStep(1, 100, 100)]);

        Assert.Equal(2, profile.DueAt(50)!.Value, 9);
        Assert.Equal(4, profile.DueAt(200)!.Value, 9);
        Assert.Equal(4.5, profile.DueAt(250)!.Value, 9);
        Assert.Null(profile.DueAt(300));
    }

    [Fact]
    public async Task A_request_that_nobody_was_free_for_counts_from_when_it_was_meant_to_start()
    {
        // All of a second's requests are overdue: the client was away.
        var start = Stopwatch.GetTimestamp() - (5 * Stopwatch.Frequency);
        var pacer = new Pacer(new RateProfile([new RateStep(1, 10, 10)]), start);

        var turns = new List<double>();
        while (await pacer.NextAsync() is { } at)
            turns.Add((at - start) / (double)Stopwatch.Frequency);

        Assert.Equal(Enumerable.Range(0, 10).Select(number => number / 10.0), turns.Select(turn => Math.Round(turn, 6)));
    }

    [Fact]
    public async Task Nobody_starts_before_their_time()
    {
        var start = Stopwatch.GetTimestamp();
        var pacer = new Pacer(new RateProfile([new RateStep(0.2, 100, 100)]), start);
        var finished = new TaskCompletionSource();
        var clock = Task.Run(() => pacer.Run(finished.Task));
        var count = 0;

        for (; await pacer.NextAsync() is { } at; count++)
            Assert.True(Stopwatch.GetTimestamp() >= at);

        finished.SetResult();
        await clock;
        Assert.Equal(20, count);
    }
}
