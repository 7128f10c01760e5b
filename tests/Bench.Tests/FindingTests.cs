using ContinueWatching.Bench.Reporting;

namespace ContinueWatching.Bench.Tests;

/// <summary>How a figure stands beside its target.</summary>
public class FindingTests
{
    [Theory]
    [InlineData(0.6, true, 0.6, true)]
    [InlineData(0.6, true, 0.599, false)]
    [InlineData(10.0, false, 10.0, true)]
    [InlineData(10.0, false, 10.1, false)]
    public void A_target_is_a_floor_or_a_ceiling(double target, bool atLeast, double value, bool isMet) =>
        Assert.Equal(isMet, new Finding("x", target, atLeast, value).IsMet);

    [Fact]
    public void The_table_says_what_was_met_missed_or_not_measured()
    {
        var table = Finding.Table(
        [
            new Finding("ratio", 0.6, AtLeast: true, 0.7),
            new Finding("p99", 10, AtLeast: false, 12.34, " ms", "half of 9000/s"),
            new Finding("waking", 10_000, AtLeast: true, null, "/s"),
        ]);

        Assert.Contains("| ratio | ≥ 0.6 | 0.7 | met |", table, StringComparison.Ordinal);
        Assert.Contains("| p99 | ≤ 10.0 ms | 12.3 ms | **missed**; half of 9000/s |", table, StringComparison.Ordinal);
        Assert.Contains("| waking | ≥ 10 000/s | – | not measured |", table, StringComparison.Ordinal);
    }
}
