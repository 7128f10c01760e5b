using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public class CadenceTests
{
    private static readonly TimeSpan _usual = Ms(10_000);
    private static readonly TimeSpan _longest = Ms(60_000);

    [Theory]
    [InlineData(0, 10_000)]
    [InlineData(0.099, 10_000)]
    [InlineData(0.1, 10_000)]
    [InlineData(0.3, 22_500)]
    [InlineData(0.5, 35_000)]
    [InlineData(0.9, 60_000)]
    [InlineData(0.901, 60_000)]
    [InlineData(1, 60_000)]
    public void The_fuller_the_queue_the_less_often_a_device_is_asked_to_report(double fill, int milliseconds) =>
        Assert.Equal(Ms(milliseconds), Cadence.Of(_usual, _longest, fill));

    [Fact]
    public void The_interval_grows_without_a_jump_and_never_falls() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 0.01]).Sample((fill, more) =>
        {
            var (before, after) = (Cadence.Of(_usual, _longest, fill), Cadence.Of(_usual, _longest, fill + more));

            Assert.InRange(before, _usual, _longest);
            Assert.InRange(after - before, TimeSpan.Zero, Ms(700));
            Assert.Equal(0, before.Ticks % TimeSpan.TicksPerMillisecond);
        });

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void A_longest_interval_below_the_usual_one_counts_for_nothing(double fill) =>
        Assert.Equal(_usual, Cadence.Of(_usual, Ms(5_000), fill));
}
