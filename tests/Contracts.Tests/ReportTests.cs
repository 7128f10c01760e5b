using CsCheck;

namespace ContinueWatching.Contracts.Tests;

public class ReportTests
{
    private const string AllowedPosition = "0 to 1000000 (seconds, not milliseconds)";
    private const string AllowedDuration = "0.001 to 1000000 (seconds, not milliseconds), or absent";
    private const string AllowedTime = "from 2000-01-01T00:00:00Z until before 2100-01-01T00:00:00Z";

    private static readonly DateTimeOffset _noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ContentId _title = new(new Guid("01234567-89ab-cdef-0123-456789abcdef"));
    private static readonly Report _report = new(_title, TimeSpan.FromMinutes(1), _noon);

    private static readonly TimeSpan _tick = new(1);

    [Fact]
    public void A_report_with_everything_and_one_with_the_least_can_be_taken()
    {
        Assert.Null(_report.FindFault());
        Assert.Null((_report with
        {
            Duration = TimeSpan.FromMinutes(90),
            DeviceId = DeviceId.Parse("tv"),
            WatchedAt = _noon.AddHours(-1),
            SentAt = _noon,
        }).FindFault());
    }

    [Fact]
    public void A_report_of_no_title_is_refused() =>
        Assert.Equal(
            new Fault("contentId", "00000000-0000-0000-0000-000000000000", ContentId.Allowed),
            (_report with { ContentId = default }).FindFault());

    [Theory]
    [InlineData(0L, null)]
    [InlineData(-10_000L, "-0.001")]
    [InlineData(10_000_000_000_000L, null)]
    [InlineData(10_000_000_010_000L, "1000000.001")]
    [InlineData(long.MaxValue, "922337203685.4775")]
    [InlineData(long.MinValue, "-922337203685.4775")]
    public void A_position_is_from_nothing_to_a_million_seconds(long ticks, string? refused) =>
        AssertFault("resumeFrom", refused, AllowedPosition, _report with { Position = new TimeSpan(ticks) });

    [Theory]
    [InlineData(0L, "0")]
    [InlineData(9_999L, "0.0009999")]
    [InlineData(10_000L, null)]
    [InlineData(-10_000L, "-0.001")]
    [InlineData(10_000_000_000_000L, null)]
    [InlineData(10_000_000_010_000L, "1000000.001")]
    [InlineData(long.MaxValue, "922337203685.4775")]
    [InlineData(long.MinValue, "-922337203685.4775")]
    public void A_duration_is_from_a_millisecond_to_a_million_seconds(long ticks, string? refused) =>
        AssertFault(
            "duration", refused, AllowedDuration, _report with { Position = TimeSpan.Zero, Duration = new TimeSpan(ticks) });

    [Theory]
    [InlineData(60_000, 60_000, null)]
    [InlineData(60_001, 60_000, null)]
    [InlineData(90_000, 60_000, null)]
    [InlineData(90_001, 60_000, "90.001")]
    [InlineData(30_001, 1, null)]
    [InlineData(30_002, 1, "30.002")]
    [InlineData(1_000_000_000, 999_970_000, null)]
    [InlineData(1_000_000_000, 999_969_999, "1000000")]
    public void A_position_is_at_most_30_seconds_beyond_the_reports_own_duration(int position, int duration, string? refused) =>
        AssertFault(
            "resumeFrom",
            refused,
            FormattableString.Invariant(
                $"at most 30 seconds beyond the duration, {duration / 1000.0} (seconds, not milliseconds)"),
            _report with { Position = TimeSpan.FromMilliseconds(position), Duration = TimeSpan.FromMilliseconds(duration) });

    public static TheoryData<DateTimeOffset, string?> Times => new()
    {
        { new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), null },
        { new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(-1), "1999-12-31T23:59:59.999Z" },
        { new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero) - _tick, "1999-12-31T23:59:59.999Z" },
        { new(2000, 1, 1, 1, 59, 59, TimeSpan.FromHours(2)), "1999-12-31T23:59:59Z" },
        { new(1999, 12, 31, 22, 0, 0, TimeSpan.FromHours(-2)), null },
        { new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(-1), null },
        { new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero) - _tick, null },
        { new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), "2100-01-01T00:00:00Z" },
        { DateTimeOffset.MinValue, "0001-01-01T00:00:00Z" },
        { DateTimeOffset.MaxValue, "9999-12-31T23:59:59.999Z" },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void A_report_is_received_from_2000_until_2100(DateTimeOffset time, string? refused) =>
        AssertFault("receivedAt", refused, AllowedTime, _report with { ReceivedAt = time });

    [Theory]
    [MemberData(nameof(Times))]
    public void A_report_is_watched_from_2000_until_2100(DateTimeOffset time, string? refused) =>
        AssertFault("watchedAt", refused, AllowedTime, _report with { WatchedAt = time, SentAt = _noon });

    [Theory]
    [MemberData(nameof(Times))]
    public void A_report_is_sent_from_2000_until_2100(DateTimeOffset time, string? refused) =>
        // As late as can be, so that no correction moves the report before 2000.
        AssertFault("sentAt", refused, AllowedTime, _report with
        {
            WatchedAt = Limits.Latest - _tick,
            SentAt = time,
        });

    [Fact]
    public void A_moment_of_watching_without_the_devices_clock_is_refused() =>
        Assert.Equal(
            new Fault("sentAt", "absent", "the device's clock at sending, wherever watchedAt is given"),
            (_report with { WatchedAt = _noon }).FindFault());

    [Fact]
    public void A_devices_clock_without_a_moment_of_watching_is_refused() =>
        Assert.Equal(
            new Fault("watchedAt", "absent", "the moment of watching by the device's clock, wherever sentAt is given"),
            (_report with { SentAt = _noon }).FindFault());

    [Theory]
    [InlineData(0, false)]
    [InlineData(-1, true)]
    public void A_report_that_its_own_clock_puts_before_2000_is_refused(int milliseconds, bool refused)
    {
        // Watched 9 500 days before it was sent; received 9 500 days after 2000, or a millisecond less.
        var report = _report with
        {
            ReceivedAt = Limits.Earliest.AddDays(9_500).AddMilliseconds(milliseconds),
            WatchedAt = Limits.Earliest.AddDays(500),
            SentAt = Limits.Earliest.AddDays(10_000),
        };

        AssertFault(
            "watchedAt",
            refused ? "2001-05-15T00:00:00Z" : null,
            "no longer before sentAt (2027-05-19T00:00:00Z) than 2000-01-01T00:00:00Z lies before now",
            report);
    }

    [Fact]
    public void A_clock_that_runs_ahead_is_no_fault() =>
        Assert.Null((_report with { WatchedAt = _noon.AddYears(50), SentAt = _noon.AddYears(50) }).FindFault());

    [Fact]
    public void A_report_watched_after_it_was_sent_is_no_fault() =>
        Assert.Null((_report with { WatchedAt = _noon.AddHours(1), SentAt = _noon }).FindFault());

    [Fact]
    public void Of_several_faults_the_first_is_told() =>
        Assert.Equal(
            "resumeFrom",
            new Report(_title, TimeSpan.MinValue, default) { Duration = TimeSpan.Zero, SentAt = _noon }.FindFault()?.Field);

    [Fact]
    public void A_fault_is_a_sentence() =>
        Assert.Equal("resumeFrom was -1; allowed: 0 or more.", new Fault("resumeFrom", "-1", "0 or more").ToString());

    [Fact]
    public void Whatever_the_values_there_is_an_answer_and_it_is_the_text_of_the_limits()
    {
        long[] ticks =
        [
            long.MinValue, long.MaxValue, 0, 1, -1, 9_999, 10_000, 600_000_000,
            9_999_700_000_000, 10_000_000_000_000, 10_000_000_000_001,
        ];
        DateTimeOffset[] times =
        [
            DateTimeOffset.MinValue, DateTimeOffset.MaxValue, _noon,
            Limits.Earliest, Limits.Earliest - _tick, Limits.Latest, Limits.Latest - _tick,
        ];
        var span = Gen.OneOf(ticks).Select(ticks => new TimeSpan(ticks));
        var time = Gen.OneOf(times);
        Gen.Select(span, Gen.Nullable(span), time, Gen.Nullable(time), Gen.Nullable(time)).Sample(
            (position, duration, received, watched, sent) =>
            {
                var report = new Report(_title, position, received) { Duration = duration, WatchedAt = watched, SentAt = sent };

                var allowed = InSeconds(position) is >= 0 and <= 1_000_000
                    && (duration is not { } d
                        || (InSeconds(d) is >= 0.001m and <= 1_000_000 && InSeconds(position) - InSeconds(d) <= 30))
                    && InYears(received)
                    && ((watched is null && sent is null)
                        || (watched is { } w && sent is { } s && InYears(w) && InYears(s)
                            && (decimal)w.UtcTicks + received.UtcTicks - s.UtcTicks >= new DateTime(2000, 1, 1).Ticks));
                Assert.Equal(allowed, report.FindFault() is null);
            },
            iter: 50_000);

        static decimal InSeconds(TimeSpan span) => span.Ticks / 10_000_000m;
        static bool InYears(DateTimeOffset time) => time.UtcDateTime.Year is >= 2000 and < 2100;
    }

    private static void AssertFault(string field, string? refused, string allowed, Report report) =>
        Assert.Equal(refused is null ? null : new Fault(field, refused, allowed), report.FindFault());
}
