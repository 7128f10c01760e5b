using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public class CompletionRuleTests
{
    private const int Minute = 60_000;

    [Theory]
    [InlineData(20 * Minute, (19 * Minute) - 1, false)] // 5 % of 20 minutes: one.
    [InlineData(20 * Minute, 19 * Minute, true)]
    [InlineData(20 * Minute, (19 * Minute) + 1, true)]
    [InlineData(20 * Minute, 20 * Minute, true)]
    [InlineData(20 * Minute, 0, false)]
    [InlineData(20, 18, false)] // The tail of a title of 20 ms is one.
    [InlineData(20, 19, true)]
    public void A_title_left_in_its_last_twentieth_is_finished(int duration, int position, bool finished) =>
        Assert.Equal(finished, CompletionRule.Default.IsFinished(Ms(position), Ms(duration)));

    [Theory]
    [InlineData(100 * Minute, 95 * Minute, true)] // Where both tails are equal.
    [InlineData(100 * Minute, (95 * Minute) - 1, false)]
    [InlineData(120 * Minute, (115 * Minute) - 1, false)]
    [InlineData(120 * Minute, 115 * Minute, true)]
    [InlineData(600 * Minute, (595 * Minute) - 1, false)]
    [InlineData(600 * Minute, 595 * Minute, true)]
    public void The_tail_of_a_long_title_is_five_minutes(int duration, int position, bool finished) =>
        Assert.Equal(finished, CompletionRule.Default.IsFinished(Ms(position), Ms(duration)));

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(1_000_000_000)]
    public void A_title_of_unknown_duration_is_never_finished(int position) =>
        Assert.False(CompletionRule.Default.IsFinished(Ms(position), duration: null));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1_000)]
    [InlineData(-1, 0)]
    public void A_duration_of_nothing_finishes_no_title(int duration, int position) =>
        Assert.False(CompletionRule.Default.IsFinished(Ms(position), Ms(duration)));

    [Fact]
    public void A_position_beyond_the_duration_is_at_the_end() =>
        Assert.True(CompletionRule.Default.IsFinished(Ms(21 * Minute), Ms(20 * Minute)));

    [Theory]
    [InlineData(100 * Minute, (90 * Minute) - 1, false)]
    [InlineData(100 * Minute, 90 * Minute, true)]
    [InlineData(100 * Minute, (90 * Minute) + 1, true)]
    [InlineData(92 * Minute, (90 * Minute) - 1, false)] // In the tail, but a scene before the credits.
    [InlineData(null, 90 * Minute, true)]
    [InlineData(null, (90 * Minute) - 1, false)]
    [InlineData(0, 90 * Minute, true)]
    public void Where_the_credits_are_known_they_alone_decide(int? duration, int position, bool finished) =>
        Assert.Equal(
            finished,
            CompletionRule.Default.IsFinished(
                Ms(position), duration is { } known ? Ms(known) : null, creditsStart: Ms(90 * Minute)));

    [Theory]
    [InlineData(0.1, 10, 89, false)]
    [InlineData(0.1, 10, 90, true)]
    [InlineData(0.5, 10, 89, false)]
    [InlineData(0.5, 10, 90, true)]
    [InlineData(0.5, 60, 49, false)]
    [InlineData(0.5, 60, 50, true)]
    [InlineData(0, 10, 99, false)]
    [InlineData(0, 10, 100, true)]
    public void Both_numbers_are_options(double fraction, int limit, int position, bool finished) =>
        Assert.Equal(finished, new CompletionRule(fraction, Ms(limit)).IsFinished(Ms(position), Ms(100)));

    [Fact]
    public void Every_duration_and_position_agree_with_the_text_of_the_rule() =>
        Gen.Select(Gen.Int[1, 1_000_000_000], Gen.Int[-2, 2], Gen.Int[0, 1_000_000_000]).Sample(
            (duration, beside, anywhere) =>
            {
                // In whole milliseconds: 20 × (duration − position) ≤ duration, and duration − position ≤ 300 000.
                bool Finished(long position) => 20 * (duration - position) <= duration && duration - position <= 300_000;
                var tail = Math.Min(duration / 20, 300_000);
                foreach (var position in new[] { anywhere, duration - tail + beside })
                {
                    Assert.Equal(Finished(position), CompletionRule.Default.IsFinished(Ms(position), Ms(duration)));
                }
            },
            iter: 20_000);
}
