using ContinueWatching.Chaos;

namespace ContinueWatching.Cluster.Tests.Chaos;

/// <summary>What the harness makes of what it saw: it must be able to find fault.</summary>
public sealed class JudgementTests
{
    private static readonly Guid _film = Guid.NewGuid();

    private readonly Ledger _ledger = new();

    [Fact]
    public void An_acknowledged_place_that_is_not_stored_or_older_there_is_lost_and_a_newer_one_has_superseded_it()
    {
        _ledger.Acknowledge("a", _film, "tv", 100);
        _ledger.Acknowledge("b", _film, "tv", 100);
        _ledger.Acknowledge("c", _film, "tv", 100);
        _ledger.Acknowledge("d", _film, "tv", 100);
        var stored = new Dictionary<(string, Guid, string), double>
        {
            [("a", _film, "tv")] = 99,
            [("b", _film, "tv")] = 100,
            [("c", _film, "tv")] = 101,
            [("d", _film, "phone")] = 100,
        };

        var lost = Ledger.FindLost(_ledger.Acknowledged(), stored);

        Assert.Equal(2, lost.Count);
        Assert.Contains(lost, one => one.StartsWith("(a, ", StringComparison.Ordinal));
        Assert.Contains(lost, one => one.StartsWith("(d, ", StringComparison.Ordinal));
    }

    [Fact]
    public void Acknowledgements_that_come_out_of_order_keep_the_newest_place_of_the_title_over_its_devices()
    {
        _ledger.Acknowledge("a", _film, "tv", 200);
        _ledger.Acknowledge("a", _film, "phone", 300);
        _ledger.Acknowledge("a", _film, "tv", 100);

        Assert.Equal(300, _ledger.NewestOf("a", _film));
        Assert.Equal(0, _ledger.NewestOf("b", _film));
        Assert.Equal(2, Ledger.FindLost(_ledger.Acknowledged(), new Dictionary<(string, Guid, string), double>()).Count);
        Assert.Equal(3, _ledger.Count);
    }

    [Fact]
    public void The_longest_wait_is_the_last_viewers_and_what_comes_after_everybody_was_served_counts_apart()
    {
        var result = Judge(
            Ok(viewer: 1, at: 9), Ok(viewer: 2, at: 9),
            Ok(viewer: 1, at: 11), Refused(viewer: 2, at: 11),
            Ok(viewer: 1, at: 14), Ok(viewer: 2, at: 15),
            Refused(viewer: 1, at: 17), Broken(viewer: 1, at: 18), Ok(viewer: 1, at: 19), Ok(viewer: 2, at: 19.5));

        Assert.Equal(5, result.LongestWait.TotalSeconds, precision: 3);
        Assert.Equal(3, result.ServedAfterReturn.TotalSeconds, precision: 3);
        Assert.Equal(2, result.Unavailable);
        Assert.Equal(new Dictionary<string, int> { ["500"] = 1 }, result.Errors);
        Assert.Equal(2, result.ErrorsAfterRecovery);
    }

    [Fact]
    public void A_viewer_who_is_never_served_again_is_not_overlooked()
    {
        var result = Judge(Ok(viewer: 1, at: 9), Ok(viewer: 2, at: 9), Ok(viewer: 1, at: 13), Ok(viewer: 1, at: 19));

        Assert.Equal(10, result.LongestWait.TotalSeconds, precision: 3);
        Assert.Equal(8, result.ServedAfterReturn.TotalSeconds, precision: 3);
    }

    // A fault from 10 s to 12 s, looked at until 20 s.
    private static FaultResult Judge(params Answer[] answers) => ChaosRun.Judge(
        "a fault", answers, [], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(20), acknowledged: 1, lost: []);

    private static Answer Ok(int viewer, double at) => Of(viewer, at, AnswerKind.Ok);

    private static Answer Refused(int viewer, double at) => Of(viewer, at, AnswerKind.Unavailable);

    private static Answer Broken(int viewer, double at) => Of(viewer, at, AnswerKind.Error) with { Reason = "500" };

    private static Answer Of(int viewer, double at, AnswerKind kind) =>
        new(viewer, TimeSpan.FromSeconds(at), TimeSpan.FromMilliseconds(10), kind, IsReport: true, null);
}
