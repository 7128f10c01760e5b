using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public class RegisterTests
{
    [Theory]
    [InlineData(2, 100, 1, 900, true)]
    [InlineData(1, 900, 2, 100, false)]
    [InlineData(1, 101, 1, 100, true)]
    [InlineData(1, 100, 1, 101, false)]
    [InlineData(1, 100, 1, 100, false)]
    public void The_greater_time_then_the_greater_position_is_newer(
        int at, int position, int otherAt, int otherPosition, bool newer) =>
        Assert.Equal(newer, Register("tv", at, position).IsNewerThan(Register("tv", otherAt, otherPosition)));

    [Theory]
    [InlineData(2, 100)]
    [InlineData(1, 101)]
    public void The_newer_of_two_reports_stands_whichever_comes_first(int at, int position)
    {
        var (older, newer) = (Register("tv", 1, 100), Register("tv", at, position));

        Assert.Equal(newer, older.Merge(newer));
        Assert.Equal(newer, newer.Merge(older));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(5_000, null, 5_000)]
    [InlineData(null, 6_000, 6_000)]
    [InlineData(5_000, 6_000, 6_000)]
    public void An_absent_duration_never_overwrites_a_known_one_and_the_newest_known_stands(int? older, int? newer, int? merged)
    {
        var (before, after) = (Register("tv", 1, 100, older), Register("tv", 2, 200, newer));

        Assert.Equal(Register("tv", 2, 200, merged), before.Merge(after));
        Assert.Equal(Register("tv", 2, 200, merged), after.Merge(before));
    }

    [Fact]
    public void A_repeat_that_knows_the_duration_tells_it_to_one_that_does_not() =>
        Assert.Equal(Register("tv", 1, 100, 5_000), Register("tv", 1, 100).Merge(Register("tv", 1, 100, 5_000)));

    [Theory]
    [InlineData(0, 100_000, 0)]
    [InlineData(99_999, 100_000, 99_999)]
    [InlineData(100_000, 100_000, 100_000)]
    [InlineData(100_001, 100_000, 100_000)]
    [InlineData(130_000, 100_000, 100_000)]
    [InlineData(130_000, null, 130_000)]
    public void A_position_beyond_the_reports_own_duration_is_taken_as_the_duration(int told, int? duration, int taken)
    {
        var report = new Report(Film, Ms(told), Noon)
        {
            Duration = duration is { } length ? Ms(length) : null,
            DeviceId = DeviceId.Parse("tv"),
        };

        Assert.Equal(Register("tv", 7, taken, duration), Domain.Register.Of(report, At(7)));
    }

    [Fact]
    public void A_report_without_a_device_is_of_the_empty_device() =>
        Assert.True(Domain.Register.Of(new Report(Film, Ms(1), Noon), Noon).DeviceId.IsEmpty);

    [Fact]
    public void Positions_and_durations_are_truncated_to_milliseconds_at_birth() =>
        Gen.Select(Gen.Long[0, 30_000], Gen.Long[10_000, 30_000]).Sample(
            (position, duration) =>
            {
                var report = new Report(Film, new TimeSpan(position), Noon) { Duration = new TimeSpan(duration) };

                var register = Domain.Register.Of(report, Noon);

                Assert.Equal(Ms(duration / 10_000), register.Duration);
                Assert.Equal(Ms(Math.Min(position / 10_000, duration / 10_000)), register.Position);
            },
            iter: 10_000);

    [Fact]
    public void Merging_time_and_position_is_commutative_associative_and_idempotent()
    {
        var ofOneDevice = AnyRegister.Select(register => register with { DeviceId = default });
        Gen.Select(ofOneDevice, ofOneDevice, ofOneDevice).Sample(
            (a, b, c) =>
            {
                Assert.Equal(a.Merge(b).Place(), b.Merge(a).Place());
                Assert.Equal(a.Merge(b).Merge(c).Place(), a.Merge(b.Merge(c)).Place());
                Assert.Equal(a, a.Merge(a));
                Assert.Equal(a.Merge(b), a.Merge(b).Merge(b));
                Assert.Contains(a.Merge(b).Place(), new[] { a.Place(), b.Place() });
                Assert.False(a.IsNewerThan(a.Merge(b)) || b.IsNewerThan(a.Merge(b)));
                Assert.Equal(a.Duration is null && b.Duration is null, a.Merge(b).Duration is null);
            },
            iter: 20_000);
    }
}
