using ContinueWatching.Chaos;

namespace ContinueWatching.Cluster.Tests.Chaos;

/// <summary>What the harness makes of what it saw: it must be able to find fault.</summary>
public sealed class JudgementTests
{
    // Two screens, and a fault from 10 s to 12 s, looked at until 20 s.
    private static readonly Answer[] _fine = [Ok(0, 9), Ok(1, 9), Ok(0, 11), Ok(1, 11), Ok(0, 13), Ok(1, 13), Ok(0, 16), Ok(1, 16), Ok(0, 19), Ok(1, 19)];
    private static readonly FaultLimits _strict = new() { LongestWait = TimeSpan.FromSeconds(3.5), ServedAfterEnd = TimeSpan.FromSeconds(2) };

    [Fact]
    public void The_longest_wait_is_the_last_screens_and_what_comes_after_everybody_was_served_counts_apart()
    {
        var result = Judge(
            Ok(0, 9), Ok(1, 9),
            Ok(0, 11), Refused(1, 11),
            Ok(0, 14), Ok(1, 15),
            Refused(0, 17), Error(0, 18), Ok(0, 19), Ok(1, 19.5));

        Assert.Equal(5, result.LongestWait.TotalSeconds, precision: 3);
        Assert.Equal(3, result.ServedAfterEnd.TotalSeconds, precision: 3);
        Assert.Equal(2, result.Unavailable);
        Assert.Equal(new Dictionary<string, int> { ["500"] = 1 }, result.Errors);
        Assert.Equal(2, result.RefusedAfterRecovery);
    }

    [Fact]
    public void A_screen_that_is_never_served_again_is_not_overlooked()
    {
        var result = Judge(Ok(0, 9), Ok(1, 9), Ok(0, 13), Ok(0, 19));

        Assert.Equal(10, result.LongestWait.TotalSeconds, precision: 3);
        Assert.Equal(8, result.ServedAfterEnd.TotalSeconds, precision: 3);
    }

    [Fact]
    public void A_screen_that_can_only_read_is_not_served()
    {
        var result = Judge(Ok(0, 11), Ok(1, 11), Ok(0, 13), Ok(1, 13) with { IsReport = false }, Ok(0, 18), Ok(1, 18));

        Assert.Equal(7, result.LongestWait.TotalSeconds, precision: 3);
        Assert.Equal(6, result.ServedAfterEnd.TotalSeconds, precision: 3);
    }

    [Fact]
    public void What_keeps_within_the_limits_breaks_none() => Assert.Empty(_strict.FindBroken(Judge(_fine), tolerance: 1));

    [Fact]
    public void Every_limit_that_is_broken_is_told_with_what_was_and_what_may_be()
    {
        var fine = Judge(_fine);

        IsBroken("1 acknowledged reports lost: one", fine with { Lost = ["one"] });
        IsBroken("1 rows that nobody sent: one", fine with { Forged = ["one"] });
        IsBroken("no report was acknowledged", fine with { Acknowledged = 0 });
        IsBroken("1 screens were not served again: viewer-1's tv", fine with { Unserved = ["viewer-1's tv"] });
        IsBroken("silo 1 ended with 134, though it was only told to stop", fine with { Exits = [new("silo 1", 134, WasTold: true)] });
        IsBroken("silo 1 ended with 0, as if it had been told to stop", fine with { Exits = [new("silo 1", 0, WasTold: false)] });
        IsBroken("1 × 503, where nobody is to be refused", Judge([.. _fine, Refused(0, 12)]));
        IsBroken("broken connections: 1 × reset", Judge([.. _fine, Ok(0, 12) with { Kind = AnswerKind.Broken, Reason = "reset" }]));
        IsBroken("answers other than 200 and 503: 1 × 500", Judge([.. _fine, Error(0, 12)]));
        IsBroken("1 refused after everybody had been served again", fine with { RefusedAfterRecovery = 1 });
        IsBroken("a screen waited 3.6 s; allowed: 3.5 s", fine with { LongestWait = TimeSpan.FromSeconds(3.6) });
        IsBroken("the last screen was served 2.1 s after its end; allowed: 2.0 s", fine with { ServedAfterEnd = TimeSpan.FromSeconds(2.1) });
        IsBroken("2 stale reads, up to 0.2 s old; allowed: 0.0 s: another; one", fine with { StaleReads = [Stale(0.1, "one"), Stale(0.2, "another")] });
    }

    [Fact]
    public void A_fault_may_do_what_its_limits_say()
    {
        var silent = new FaultLimits { MayRefuse = true, Stale = TimeSpan.FromSeconds(5) };
        var result = Judge([.. _fine, Refused(0, 12)]) with { StaleReads = [Stale(4.9)], LongestWait = TimeSpan.FromMinutes(1) };

        Assert.Empty(silent.FindBroken(result, tolerance: 1));
        Assert.Single(silent.FindBroken(result with { StaleReads = [Stale(5.1)] }, tolerance: 1));
        Assert.Empty(silent.FindBroken(result with { StaleReads = [Stale(5.1)] }, tolerance: 2));
    }

    private static StaleRead Stale(double behind, string what = "") => new(TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(behind), what);

    private static void IsBroken(string expected, FaultResult result) => Assert.Equal([expected], _strict.FindBroken(result, tolerance: 1));

    private static FaultResult Judge(params Answer[] answers) => FaultResult.Of(
        new Fault("fault", "a fault", false, _strict, (_, _, _) => Task.CompletedTask),
        new Recorded(2, answers, [], Acknowledged: 1),
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(12),
        TimeSpan.FromSeconds(20));

    private static Answer Ok(int screen, double at) => Of(screen, at, AnswerKind.Ok);

    private static Answer Refused(int screen, double at) => Of(screen, at, AnswerKind.Unavailable);

    private static Answer Error(int screen, double at) => Of(screen, at, AnswerKind.Error) with { Reason = "500" };

    private static Answer Of(int screen, double at, AnswerKind kind) =>
        new(screen, TimeSpan.FromSeconds(at), TimeSpan.FromMilliseconds(10), kind, IsReport: true, null);
}
