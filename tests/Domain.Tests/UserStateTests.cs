using ContinueWatching.Contracts;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>What a user's pauses and erasure do to reports. Numbers are milliseconds after noon.</summary>
public class UserStateTests
{
    [Fact]
    public void A_user_of_whom_nothing_is_known_is_not_paused_and_their_reports_are_judged_by_the_title()
    {
        Assert.False(UserState.Unknown.IsPaused);
        Assert.False(UserState.Unknown.WasPausedAt(At(0)));
        Assert.Equal(ReportOutcome.Applied, Judge(UserState.Unknown, 0));
        Assert.True(UserState.Unknown.Takes(Register("tv", 0, 60_000)));
    }

    [Theory]
    [InlineData(999, ReportOutcome.Applied)]
    [InlineData(1_000, ReportOutcome.Paused)]
    [InlineData(1_001, ReportOutcome.Paused)]
    [InlineData(999_000, ReportOutcome.Paused)]
    public void While_the_history_is_paused_what_is_watched_is_not_stored(int at, ReportOutcome outcome)
    {
        var paused = UserState.Unknown.Pause(paused: true, At(1_000));

        Assert.True(paused.IsPaused);
        Assert.Equal(outcome, Judge(paused, at));
        Assert.Equal(outcome == ReportOutcome.Applied, paused.Takes(Register("tv", at, 60_000)));
    }

    [Theory]
    [InlineData(999, ReportOutcome.Applied)]
    [InlineData(1_000, ReportOutcome.Paused)]
    [InlineData(1_999, ReportOutcome.Paused)]
    [InlineData(2_000, ReportOutcome.Applied)]
    public void What_was_watched_during_the_last_pause_is_not_stored_when_it_comes_later(int at, ReportOutcome outcome)
    {
        var over = UserState.Unknown.Pause(paused: true, At(1_000)).Pause(paused: false, At(2_000));

        Assert.False(over.IsPaused);
        Assert.Equal(outcome, Judge(over, at));
        Assert.Equal(outcome == ReportOutcome.Applied, over.Takes(Register("tv", at, 60_000)));
    }

    [Fact]
    public void Only_the_last_pause_is_remembered()
    {
        var again = UserState.Unknown
            .Pause(paused: true, At(1_000)).Pause(paused: false, At(2_000)).Pause(paused: true, At(5_000));

        Assert.Equal(ReportOutcome.Applied, Judge(again, 1_500));
        Assert.Equal(ReportOutcome.Applied, Judge(again, 4_999));
        Assert.Equal(ReportOutcome.Paused, Judge(again, 5_000));
    }

    [Fact]
    public void Pausing_twice_or_going_on_twice_changes_nothing()
    {
        var paused = UserState.Unknown.Pause(paused: true, At(1_000));
        var over = paused.Pause(paused: false, At(2_000));

        Assert.Same(paused, paused.Pause(paused: true, At(5_000)));
        Assert.Same(over, over.Pause(paused: false, At(5_000)));
        Assert.Same(UserState.Unknown, UserState.Unknown.Pause(paused: false, At(5_000)));
    }

    [Fact]
    public void A_report_of_a_pause_is_answered_so_before_it_is_ignored_or_stale()
    {
        var paused = UserState.Unknown.Pause(paused: true, At(1_000)) with { ErasedAt = At(9_000) };

        Assert.Equal(new Verdict(ReportOutcome.Paused), paused.Judge(Progress(), Register("tv", 2_000, 0)));
        Assert.Equal(new Verdict(ReportOutcome.Paused), paused.Judge(Progress(), Register("tv", 2_000, 60_000)));
        Assert.Equal(
            new Verdict(ReportOutcome.Paused), paused.Judge(Progress(Register("tv", 3_000, 70_000)), Register("tv", 2_000, 60_000)));
    }

    [Theory]
    [InlineData(999, 60_000, ReportOutcome.Stale)]
    [InlineData(1_000, 60_000, ReportOutcome.Stale)]
    [InlineData(1_001, 60_000, ReportOutcome.Applied)]
    [InlineData(999, 999, ReportOutcome.Ignored)]
    public void Nothing_watched_until_the_erasure_comes_back(int at, int position, ReportOutcome outcome)
    {
        var erased = new UserState { ErasedAt = At(1_000) };

        Assert.Equal(outcome, erased.Judge(Progress(), Register("tv", at, position)).Outcome);
        Assert.Equal(at > 1_000, erased.Takes(Register("tv", at, position)));
    }

    [Theory]
    [InlineData(999, true)]
    [InlineData(1_000, false)]
    [InlineData(1_500, false)]
    public void What_was_asked_for_before_an_erasure_was_counts_as_erased_however_far_ahead_its_moment_lies(int at, bool isErased)
    {
        var erased = UserState.Unknown.Erase(At(2_500), askedAt: At(1_000));

        Assert.Equal(isErased, erased.IsErasedSince(At(at)));
        Assert.Equal(isErased, erased.Erase(At(2_500), askedAt: At(500)).IsErasedSince(At(at)));
        Assert.Equal(At(2_501), erased.AfterErasure(At(at)));
        Assert.Equal(At(2_501), erased.AfterErasure(At(2_500)));
        Assert.Equal(At(2_600), erased.AfterErasure(At(2_600)));
    }

    [Theory]
    [InlineData(2_999, true)]
    [InlineData(3_000, false)]
    public void Where_only_the_tombstone_is_left_it_counts_as_erased_as_far_as_clocks_agree(int at, bool isErased) =>
        Assert.Equal(isErased, new UserState { ErasedAt = At(5_000) }.IsErasedSince(At(at)));

    [Fact]
    public void Nothing_is_erased_of_a_user_who_was_not()
    {
        Assert.False(UserState.Unknown.IsErasedSince(At(0)));
        Assert.Equal(At(0), UserState.Unknown.AfterErasure(At(0)));
    }

    private static ReportOutcome Judge(UserState user, int at) => user.Judge(Progress(), Register("tv", at, 60_000)).Outcome;
}
