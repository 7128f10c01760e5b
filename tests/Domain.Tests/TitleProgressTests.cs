using ContinueWatching.Contracts;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public partial class TitleProgressTests
{
    [Fact]
    public void A_title_that_nobody_has_watched_has_no_place()
    {
        var unwatched = TitleProgress.Unwatched(Film);

        Assert.True(unwatched.IsEmpty);
        Assert.Empty(unwatched.Registers);
        Assert.Null(unwatched.Duration);
        Assert.Null(unwatched.ToStatus(CompletionRule.Default));
        Assert.False(unwatched.IsFinished(CompletionRule.Default));
        Assert.Throws<InvalidOperationException>(() => unwatched.ResumePoint);
    }

    [Fact]
    public void A_first_report_is_applied_and_stored_as_it_came()
    {
        var report = Register("tv", 0, 60_000, 600_000);

        Assert.Equal(new Verdict(ReportOutcome.Applied, report), TitleProgress.Unwatched(Film).Judge(report));
    }

    [Theory]
    [InlineData(0, ReportOutcome.Ignored)]
    [InlineData(999, ReportOutcome.Ignored)]
    [InlineData(1_000, ReportOutcome.Applied)]
    [InlineData(1_001, ReportOutcome.Applied)]
    public void A_player_that_is_still_loading_does_not_wipe_the_place(int position, ReportOutcome outcome)
    {
        Assert.Equal(outcome, Progress(Register("tv", 0, 60_000)).Judge(Register("tv", 1_000, position)).Outcome);
        Assert.Equal(outcome, TitleProgress.Unwatched(Film).Judge(Register("tv", 1_000, position)).Outcome);
    }

    [Theory]
    [InlineData(-1, 900_000, ReportOutcome.Stale)]
    [InlineData(0, 59_000, ReportOutcome.Stale)]
    [InlineData(0, 60_000, ReportOutcome.Stale)]
    [InlineData(0, 60_251, ReportOutcome.Applied)]
    [InlineData(1, 61_000, ReportOutcome.Applied)]
    [InlineData(1, 1_000, ReportOutcome.Applied)] // Wound back.
    public void A_report_not_newer_than_its_devices_register_is_stale(int at, int position, ReportOutcome outcome) =>
        Assert.Equal(outcome, Progress(Register("tv", 0, 60_000)).Judge(Register("tv", at, position)).Outcome);

    [Theory]
    [InlineData(60_000, ReportOutcome.Unchanged)]
    [InlineData(60_250, ReportOutcome.Unchanged)]
    [InlineData(60_251, ReportOutcome.Applied)]
    [InlineData(59_750, ReportOutcome.Unchanged)]
    [InlineData(59_749, ReportOutcome.Applied)]
    public void A_report_within_250_ms_of_its_devices_register_is_no_news(int position, ReportOutcome outcome) =>
        Assert.Equal(outcome, Progress(Register("tv", 0, 60_000)).Judge(Register("tv", 1_000, position)).Outcome);

    [Fact]
    public void A_place_in_the_first_second_is_ignored_before_it_is_stale_or_unchanged()
    {
        var watched = Progress(Register("tv", 0, 1_100));

        Assert.Equal(ReportOutcome.Ignored, watched.Judge(Register("tv", -1, 999)).Outcome);
        Assert.Equal(ReportOutcome.Ignored, watched.Judge(Register("tv", 1, 999)).Outcome);
    }

    [Fact]
    public void A_repeat_is_stale_before_it_is_unchanged() =>
        Assert.Equal(ReportOutcome.Stale, Progress(Register("tv", 0, 60_000)).Judge(Register("tv", -1, 60_100)).Outcome);

    [Theory]
    [InlineData(999)]
    [InlineData(60_000)]
    [InlineData(60_250)]
    public void Nothing_is_stored_of_a_report_that_is_no_news(int position)
    {
        var verdict = Progress(Register("tv", 0, 60_000)).Judge(Register("tv", 1_000, position));

        Assert.Null(verdict.Stored);
        Assert.Null(verdict.Evicted);
    }

    [Fact]
    public void A_player_that_creeps_is_news_once_it_is_far_enough_from_what_was_stored()
    {
        var watched = Progress(Register("tv", 0, 60_000)).Saw(DeviceId.Parse("tv"), At(1_000));

        Assert.Equal(ReportOutcome.Unchanged, watched.Judge(Register("tv", 2_000, 60_200)).Outcome);
        Assert.Equal(ReportOutcome.Applied, watched.Judge(Register("tv", 2_000, 60_400)).Outcome);
    }

    [Fact]
    public void A_paused_television_does_not_win_the_title_back_from_the_phone()
    {
        var watched = Progress(Register("tv", 0, 60_000), Register("phone", 10_000, 70_000));

        Assert.Equal(ReportOutcome.Unchanged, watched.Judge(Register("tv", 20_000, 60_000)).Outcome);
        Assert.Equal(Register("phone", 10_000, 70_000), watched.Saw(DeviceId.Parse("tv"), At(20_000)).ResumePoint);
    }

    [Fact]
    public void A_viewer_who_goes_on_at_the_same_place_on_another_device_is_news() =>
        Assert.Equal(ReportOutcome.Applied, Progress(Register("tv", 0, 60_000)).Judge(Register("phone", 1, 60_000)).Outcome);

    [Theory]
    [InlineData(9_999, ReportOutcome.Stale)]
    [InlineData(10_000, ReportOutcome.Stale)]
    [InlineData(10_001, ReportOutcome.Applied)]
    public void A_report_not_newer_than_the_last_seen_of_its_device_is_stale(int at, ReportOutcome outcome)
    {
        var paused = Progress(Register("tv", 0, 60_000)).Saw(DeviceId.Parse("tv"), At(10_000));

        Assert.Equal(outcome, paused.Judge(Register("tv", at, 90_000)).Outcome);
    }

    [Fact]
    public void What_was_last_seen_of_one_device_says_nothing_of_another()
    {
        var paused = Progress(Register("tv", 0, 60_000), Register("phone", 0, 50_000)).Saw(DeviceId.Parse("tv"), At(10_000));

        Assert.Equal(ReportOutcome.Applied, paused.Judge(Register("phone", 5_000, 90_000)).Outcome);
    }

    [Fact]
    public void What_was_last_seen_never_goes_back()
    {
        var tv = DeviceId.Parse("tv");
        var paused = Progress(Register("tv", 0, 60_000)).Saw(tv, At(10_000));
        var older = Progress(Register("tv", 2_000, 65_000)).Saw(tv, At(4_000));

        foreach (var later in new[] { paused.Saw(tv, At(5_000)), paused.Merge(older), older.Merge(paused) })
        {
            Assert.Equal(ReportOutcome.Stale, later.Judge(Register("tv", 10_000, 90_000)).Outcome);
        }
    }

    [Fact]
    public void A_device_without_a_register_is_not_seen()
    {
        var watched = Progress(Register("tv", 0, 60_000));

        var seen = watched.Saw(DeviceId.Parse("phone"), At(10_000));

        Assert.Equal(ReportOutcome.Applied, seen.Judge(Register("phone", 5_000, 9_000)).Outcome);
    }

    [Theory]
    [InlineData("phone", 999, 70_000, ReportOutcome.Superseded)]
    [InlineData("phone", 1_000, 59_000, ReportOutcome.Superseded)]
    [InlineData("phone", 1_000, 60_000, ReportOutcome.Superseded)] // All equal: "tv" is the greater device id.
    [InlineData("tv1", 1_000, 60_000, ReportOutcome.Applied)]
    [InlineData("TV", 1_000, 60_000, ReportOutcome.Superseded)]
    [InlineData("phone", 1_000, 60_001, ReportOutcome.Applied)]
    [InlineData("phone", 1_001, 5_000, ReportOutcome.Applied)]
    public void A_report_is_superseded_where_another_devices_register_is_newer(
        string device, int at, int position, ReportOutcome outcome)
    {
        var report = Register(device, at, position);

        var verdict = Progress(Register("tv", 1_000, 60_000)).Judge(report);

        Assert.Equal(new Verdict(outcome, report), verdict);
    }

    [Theory]
    [InlineData("a", 2, 5_000, "b", 1, 9_000)]
    [InlineData("a", 1, 9_000, "b", 1, 5_000)]
    [InlineData("b", 1, 5_000, "a", 1, 5_000)]
    [InlineData("a", 1, 5_000, "B", 1, 5_000)] // Byte by byte, as the database compares them.
    [InlineData("a", 1, 5_000, "", 1, 5_000)]
    public void The_resume_point_is_the_newest_then_the_furthest_then_the_greater_device(
        string winner, int winnerAt, int winnerPosition, string loser, int loserAt, int loserPosition)
    {
        var (first, second) = (Register(winner, winnerAt, winnerPosition), Register(loser, loserAt, loserPosition));

        Assert.Equal([first, second], Progress(first, second).Registers);
        Assert.Equal(first, Progress(second, first).ResumePoint);
    }

    [Fact]
    public void A_title_keeps_eight_registers()
    {
        var eight = Progress(NumberedDevices(8));

        Assert.Equal(8, TitleProgress.MaxRegisters);
        Assert.Equal(8, eight.Registers.Count());
        Assert.Equal("d7 d6 d5 d4 d3 d2 d1 d0", string.Join(' ', eight.Registers.Select(register => register.DeviceId)));
    }

    [Fact]
    public void An_eighth_device_evicts_nothing()
    {
        var report = Register("new", 99_000, 60_000);

        Assert.Equal(new Verdict(ReportOutcome.Applied, report), Progress(NumberedDevices(7)).Judge(report));
    }

    [Theory]
    [InlineData(99_000, ReportOutcome.Applied)]
    [InlineData(5_500, ReportOutcome.Superseded)]
    [InlineData(1, ReportOutcome.Superseded)]
    public void A_ninth_device_evicts_the_oldest_register(int at, ReportOutcome outcome)
    {
        var eight = Progress(NumberedDevices(8));
        var report = Register("new", at, 60_000);

        Assert.Equal(new Verdict(outcome, report, Evicted: Register("d0", 0, 10_000)), eight.Judge(report));
        Assert.Equal(8, eight.Merge(report).Registers.Count());
        Assert.DoesNotContain(Register("d0", 0, 10_000), eight.Merge(report).Registers);
    }

    [Theory]
    [InlineData("new", -1, 60_000)]
    [InlineData("new", 0, 9_999)]
    [InlineData("c", 0, 10_000)] // Equal but for the device, which is the smaller one.
    public void A_ninth_device_that_is_itself_the_oldest_is_superseded_unstored(string device, int at, int position)
    {
        var eight = Progress(NumberedDevices(8));

        Assert.Equal(new Verdict(ReportOutcome.Superseded), eight.Judge(Register(device, at, position)));
        Assert.Equal(eight.Registers, eight.Merge(Register(device, at, position)).Registers);
    }

    [Theory]
    [InlineData("d0")] // The oldest itself goes on: it has a register already.
    [InlineData("d5")]
    public void A_device_that_has_a_register_evicts_nothing(string device)
    {
        var report = Register(device, 99_000, 60_000);

        Assert.Equal(new Verdict(ReportOutcome.Applied, report), Progress(NumberedDevices(8)).Judge(report));
    }

    [Fact]
    public void A_device_evicted_and_back_begins_anew()
    {
        var without = Progress(NumberedDevices(8)).Merge(Register("new", 99_000, 60_000));

        Assert.Equal(ReportOutcome.Applied, without.Judge(Register("d0", 99_001, 10_000)).Outcome);
    }

    [Fact]
    public void Judging_changes_nothing()
    {
        var watched = Progress(NumberedDevices(8));
        var before = watched.Registers.ToArray();

        watched.Judge(Register("new", 99_000, 60_000));
        watched.Merge(Register("new", 99_000, 60_000));

        Assert.Equal(before, watched.Registers);
    }

    private static IEnumerable<Register> NumberedDevices(int count) =>
        Enumerable.Range(0, count).Select(number => Register($"d{number}", number * 1_000, 10_000));
}
