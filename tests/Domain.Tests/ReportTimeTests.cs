using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public class ReportTimeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-86_400_000)]
    public void A_live_report_happened_when_it_was_received(int received) =>
        Assert.Equal(At(received), ReportTime.Of(Live(At(received)), now: Noon));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60_000)]
    public void Nothing_happens_later_than_the_silos_own_clock(int receivedAhead) =>
        Assert.Equal(Noon, ReportTime.Of(Live(At(receivedAhead)), now: Noon));

    [Fact]
    public void A_repeat_of_a_live_report_stays_a_repeat_however_late_it_arrives() =>
        Assert.Equal(ReportTime.Of(Live(Noon), now: At(3)), ReportTime.Of(Live(Noon), now: At(30_000)));

    [Theory]
    [InlineData(0, -600_000)]
    [InlineData(4_999, -600_000)]
    [InlineData(-4_999, -600_000)]
    [InlineData(5_000, -605_000)]
    [InlineData(-5_000, -595_000)]
    [InlineData(5_001, -605_001)]
    [InlineData(-5_001, -594_999)]
    [InlineData(86_400_000, -87_000_000)]
    [InlineData(-599_999, -1)]
    [InlineData(-600_000, 0)]
    [InlineData(-600_001, 0)] // Later than it was received, by its own clock.
    public void A_report_that_waited_is_moved_by_a_clock_error_of_five_seconds_or_more(int sentAheadOfReceived, int happened)
    {
        var received = At(200_000_000);
        var report = Waited(received, watchedAt: received - Ms(600_000), sentAt: received + Ms(sentAheadOfReceived));

        Assert.Equal(received + Ms(happened), ReportTime.Of(report, now: received + Ms(100_000_000)));
    }

    [Theory]
    [InlineData(-3_600_000)]
    [InlineData(-5_000)]
    [InlineData(5_000)]
    [InlineData(3_600_000)]
    public void A_wrong_device_clock_does_no_harm(int error)
    {
        var report = Waited(received: Noon, watchedAt: At(-600_000 + error), sentAt: At(error));

        Assert.Equal(At(-600_000), ReportTime.Of(report, now: Noon));
    }

    [Fact]
    public void A_report_sent_again_by_its_device_comes_out_at_the_same_moment()
    {
        var watchedAt = At(-600_000);

        Assert.Equal(
            ReportTime.Of(Waited(received: Noon, watchedAt, sentAt: At(-40)), now: Noon),
            ReportTime.Of(Waited(received: At(60_000), watchedAt, sentAt: At(60_000 - 900)), now: At(60_000)));
    }

    [Theory]
    [InlineData(1, 0)] // Under five seconds ahead: not moved, but capped.
    [InlineData(4_999, 4_000)]
    [InlineData(600_000, 0)] // Watched after it was sent: moved, and still too late.
    public void Nothing_happens_later_than_it_was_received(int watched, int sent) =>
        Assert.Equal(Noon, ReportTime.Of(Waited(received: Noon, At(watched), At(sent)), now: At(900_000)));

    [Fact]
    public void A_report_that_waited_is_no_later_than_the_silos_own_clock() =>
        Assert.Equal(Noon, ReportTime.Of(Waited(received: At(10_000), watchedAt: At(9_000), sentAt: At(10_000)), now: Noon));

    [Fact]
    public void A_report_before_the_limit_is_not_moved_to_it() =>
        Assert.Equal(At(-1), ReportTime.Of(Waited(received: Noon, watchedAt: At(-1), sentAt: Noon), now: Noon));

    [Fact]
    public void Times_are_truncated_to_milliseconds_at_birth()
    {
        var received = Noon.AddTicks(9_999);

        Assert.Equal(Noon, ReportTime.Of(Live(received), now: At(1)));
        Assert.Equal(Noon, ReportTime.Of(Live(At(1)), now: received));
        Assert.Equal(At(-1), ReportTime.Of(Waited(received, Noon.AddTicks(-1), sentAt: received), now: received));
        Assert.Equal(At(-5_000), ReportTime.Of(Waited(Noon, Noon.AddTicks(1), sentAt: At(5_000)), now: Noon));
    }

    [Fact]
    public void Times_come_out_in_utc()
    {
        var received = Noon.ToOffset(TimeSpan.FromHours(9));

        var live = ReportTime.Of(Live(received), now: At(1_000));
        var waited = ReportTime.Of(
            Waited(received, received - Ms(60_000), sentAt: received.ToOffset(TimeSpan.FromHours(-3))), now: At(1_000));

        Assert.Equal((Noon, TimeSpan.Zero), (live, live.Offset));
        Assert.Equal((At(-60_000), TimeSpan.Zero), (waited, waited.Offset));
    }

    [Fact]
    public void Every_time_agrees_with_the_text_of_the_rule()
    {
        // Around each number of the rule, to the tick.
        var span = Gen.Select(
            Gen.OneOf(0L, 5_000, -5_000, 4_999, -4_999, 1, -1, 3_600_000),
            Gen.OneOf(0L, 1, -1, 5_000, 9_999, -9_999),
            (milliseconds, ticks) => new TimeSpan((milliseconds * TimeSpan.TicksPerMillisecond) + ticks));
        Gen.Select(span, span, span, Gen.Bool).Sample(
            (sentAhead, watchedAhead, nowAhead, live) =>
            {
                var (sentAt, watchedAt, now) = (Noon + sentAhead, Noon + watchedAhead, Noon + nowAhead);

                var time = ReportTime.Of(live ? Live(Noon) : Waited(Noon, watchedAt, sentAt), now);

                var corrected = live ? Noon
                    : Math.Abs(sentAhead.Ticks) < 50_000_000 ? watchedAt
                    : watchedAt - sentAhead;
                var capped = new[] { corrected, Noon, now }.Min();
                Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(capped.ToUnixTimeMilliseconds()), time);
                Assert.Equal(0, time.Ticks % TimeSpan.TicksPerMillisecond);
                Assert.Equal(TimeSpan.Zero, time.Offset);
                Assert.True(time <= Noon && time <= now);
            },
            iter: 20_000);
    }

    private static Report Live(DateTimeOffset received) => new(Film, Ms(60_000), received);

    private static Report Waited(DateTimeOffset received, DateTimeOffset watchedAt, DateTimeOffset sentAt) =>
        Live(received) with { WatchedAt = watchedAt, SentAt = sentAt };
}
