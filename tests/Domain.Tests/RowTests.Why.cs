using ContinueWatching.Contracts;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>Why a title is, or is not, in the row: every code, and what its sentence tells.</summary>
public partial class RowTests
{
    private static readonly Home _evening = Evening();

    [Theory]
    [InlineData(1, RowCode.InProgress, "left at 60 s on 2026-03-01 12:00:01 UTC")]
    [InlineData(2, RowCode.Finished, "within 30 s of its end at 600 s")]
    [InlineData(3, RowCode.Finished, "its credits start at 500 s")]
    [InlineData(4, RowCode.Hidden, "hidden on 2026-03-01 12:00:09 UTC")]
    [InlineData(5, RowCode.MarkedWatched, "marked watched on 2026-03-01 12:00:09 UTC")]
    [InlineData(6, RowCode.NeverWatched, "never watched")]
    [InlineData(7, RowCode.AtStart, "left at 0")]
    [InlineData(8, RowCode.MarkedWatched, "marked watched on 2026-03-01 12:00:09 UTC")] // Without a place.
    [InlineData(11, RowCode.Finished, "stands for it, in the row")]
    [InlineData(12, RowCode.NextEpisode, "finished on 2026-03-01 12:00:06 UTC")]
    [InlineData(13, RowCode.AnotherEpisode, "another episode of its series, was watched last, on 2026-03-01 12:00:06 UTC")]
    [InlineData(14, RowCode.AnotherEpisode, "was watched last")] // Not begun.
    [InlineData(21, RowCode.Hidden, "00000016-0000-0000-0000-000000000000 was hidden on")]
    [InlineData(22, RowCode.Hidden, "hidden on 2026-03-01 12:00:09 UTC")] // The next episode of a finished one.
    public void Every_title_is_explained(int title, RowCode code, string words)
    {
        var why = _evening.Why(title);

        Assert.Equal(code, why.Code);
        Assert.Contains(words, why.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(11, RowCode.InProgress)]
    [InlineData(2, RowCode.InProgress)]
    [InlineData(1, RowCode.BeyondTheRow)]
    public void The_eleventh_title_is_beyond_the_row(int title, RowCode code)
    {
        var home = new Home();
        for (var film = 1; film <= 11; film++)
        {
            home.Watch(film, at: film, 60_000);
        }

        Assert.Equal(code, home.Why(title).Code);
        Assert.Equal(code == RowCode.InProgress, home.Numbers().Contains(title));
    }

    [Fact]
    public void The_next_episode_of_a_finished_one_is_not_said_to_be_in_a_row_that_ends_before_it()
    {
        var home = new Home().Series("s", 21, 22).Watch(21, at: 1, End);
        for (var film = 1; film <= 10; film++)
        {
            home.Watch(film, at: 10 + film, 60_000);
        }

        Assert.Equal(RowCode.Finished, home.Why(21).Code);
        Assert.EndsWith(
            $"{TitleNumbered(22)} stands for it, but not in the row, which shows 10 titles: 10 were watched after it.",
            home.Why(21).Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_title_so_old_that_the_row_does_not_reach_it_is_beyond_the_row_unless_it_would_not_be_in_it_anyway()
    {
        var (old, finished, hidden) = (Old(60_000), Old(End), Old(60_000).With(TitleMarks.None.Hide(At(9), At(9))));

        Assert.Equal(RowCode.BeyondTheRow, Why(old));
        Assert.Equal(RowCode.Finished, Why(finished));
        Assert.Equal(RowCode.Hidden, Why(hidden));

        static TitleProgress Old(int position) => Watched(1, Register("tv", 0, position, Length));

        static RowCode Why(TitleProgress title) => Row.Explain(
            title, UserState.Unknown, [], CompletionRule.Default, NoCatalogue, TitleProgress.Unwatched, out _).Code;
    }

    [Fact]
    public void A_title_that_may_have_been_watched_while_the_history_was_paused_is_explained_by_the_pause()
    {
        var paused = UserState.Unknown.Pause(paused: true, At(0));

        Assert.Equal(RowCode.HistoryPaused, _evening.Why(6, paused).Code);
        Assert.Equal(RowCode.InProgress, _evening.Why(1, paused).Code);
        Assert.Equal(RowCode.AtStart, _evening.Why(7, paused).Code);
        Assert.Equal(RowCode.NeverWatched, _evening.Why(6, paused.Pause(paused: false, At(1))).Code);
    }

    [Fact]
    public void A_film_seen_less_often_than_the_one_before_it_stands_for_that_one_though_it_was_finished_later()
    {
        var home = new Home().Title(1, next: 2).Title(2)
            .Watch(1, at: 1, End).Watch(1, at: 1_000_000, End).Watch(2, at: 1_000_001, End);

        Assert.Equal([2], home.Numbers());
        Assert.Equal(RowCode.NextEpisode, home.Why(2).Code);
    }

    [Fact]
    public void What_is_not_known_yet_is_told_before_the_reason()
    {
        var home = new Home().Series("s", 1, 2).Watch(1, at: 1, End);

        Row.Explain(
            home.ProgressOf(TitleNumbered(2)), UserState.Unknown, home.NewestFirst, CompletionRule.Default, home.Find, _ => null, out var row);

        Assert.Equal([TitleNumbered(2)], row.UnknownProgress);
    }

    private static Home Evening() => new Home()
        .Title(3, credits: 500_000, duration: Length)
        .Watch(1, at: 1_000, 60_000).Watch(2, at: 2_000, End).Watch(3, at: 3_000, 500_000)
        .Watch(4, at: 4_000, 60_000).Hide(4, at: 9_000).Watch(5, at: 5_000, 60_000).Mark(5, at: 9_000)
        .Open(7).Mark(8, at: 9_000)
        .Series("s", 11, 12, 13, 14).Watch(13, at: 5_500, 60_000).Watch(11, at: 6_000, End)
        .Series("t", 21, 22).Watch(21, at: 7_000, End).Hide(22, at: 9_000);
}
