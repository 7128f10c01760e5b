using System.Collections.Immutable;
using ContinueWatching.Contracts;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>Series in the row: one entry each, judged by the episode last watched, and what stands for a finished one.</summary>
public partial class RowTests
{
    private const int Length = 600_000;
    private const int End = 590_000;

    [Fact]
    public void A_series_stands_once_as_the_episode_last_watched()
    {
        var home = new Home().Series("s", 1, 2, 3).Watch(1, at: 1, 60_000).Watch(3, at: 3, 70_000).Watch(2, at: 2, 80_000);

        var entry = Assert.Single(home.Row());
        Assert.Equal((3, Ms(70_000), RowReason.InProgress, SeriesId.Parse("s")), (Number(entry), entry.Position, entry.Reason, entry.SeriesId));
    }

    [Fact]
    public void A_finished_or_hidden_last_episode_is_not_stood_for_by_an_older_one_in_progress()
    {
        Assert.Empty(new Home().Series("s", 1, 2).Watch(1, at: 1, 60_000).Watch(2, at: 2, End).Row());
        Assert.Empty(new Home().Series("s", 1, 2).Watch(1, at: 1, 60_000).Watch(2, at: 2, 60_000).Hide(2, at: 3).Row());
        Assert.Empty(new Home().Series("s", 1, 2).Watch(1, at: 1, 60_000).Watch(2, at: 2, 60_000).Mark(2, at: 3).Row());
    }

    [Fact]
    public void Hiding_an_older_episode_leaves_the_series_where_it_is() =>
        Assert.Equal([2], new Home().Series("s", 1, 2).Watch(1, at: 1, 60_000).Watch(2, at: 2, 60_000).Hide(1, at: 3).Numbers());

    [Fact]
    public void Something_of_a_hidden_series_that_is_watched_again_brings_it_back() =>
        Assert.Equal(
            [1], new Home().Series("s", 1, 2).Watch(2, at: 2, 60_000).Hide(2, at: 3).Watch(1, at: 4, 60_000).Numbers());

    [Fact]
    public void A_finished_episode_stands_as_the_next_one_from_its_start()
    {
        var home = new Home().Series("s", 1, 2).Watch(1, at: 5, End, device: "phone");

        Assert.Equal(
            new RowEntry(TitleNumbered(2), TimeSpan.Zero, Ms(Length), At(5), DeviceId.Parse("phone"))
            {
                SeriesId = SeriesId.Parse("s"),
                Reason = RowReason.NextEpisode,
            },
            Assert.Single(home.Row()));
    }

    [Fact]
    public void An_episode_marked_watched_stands_as_the_next_one_too() =>
        Assert.Equal([2], new Home().Series("s", 1, 2).Watch(1, at: 5, 60_000).Mark(1, at: 6).Numbers());

    [Fact]
    public void A_next_episode_in_progress_resumes_at_its_place()
    {
        var home = new Home().Series("s", 1, 2).Watch(2, at: 1, 70_000).Watch(1, at: 5, End);

        var entry = Assert.Single(home.Row());
        Assert.Equal((2, Ms(70_000), At(5), RowReason.NextEpisode), (Number(entry), entry.Position, entry.WatchedAt, entry.Reason));
    }

    [Fact]
    public void The_chain_goes_past_finished_and_marked_episodes() =>
        Assert.Equal(
            [4], new Home().Series("s", 1, 2, 3, 4).Watch(2, at: 1, End).Watch(3, at: 2, 60_000).Mark(3, at: 3).Watch(1, at: 5, End).Numbers());

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void The_chain_is_followed_for_fifty_episodes(int finished, bool found)
    {
        var home = new Home().Series("s", [.. Enumerable.Range(1, 60)]);
        for (var episode = 2; episode < 2 + finished; episode++)
        {
            home.Watch(episode, at: episode, End);
        }

        home.Watch(1, at: 1_000, End);

        int[] expected = found ? [finished + 2] : [];
        Assert.Equal(expected, home.Numbers());
    }

    [Fact]
    public void A_chain_that_bites_its_tail_ends()
    {
        Assert.Empty(new Home().Series("s", 1, 2).Next(2, 1).Watch(2, at: 1, End).Watch(1, at: 2, End).Row());
        Assert.Equal([3], new Home().Title(1, next: 3).Title(2, next: 1).Title(3, next: 2).Watch(1, at: 1, End).Watch(2, at: 2, End).Numbers());
    }

    [Fact]
    public void A_next_episode_that_does_not_exist_yet_waits_without_a_hole_in_the_row()
    {
        var home = new Home().Title(1, series: "s", next: 2).Watch(1, at: 50, End);
        for (var film = 11; film <= 21; film++)
        {
            home.Watch(film, at: film, 60_000);
        }

        Assert.Equal(Enumerable.Range(12, 10).Reverse(), home.Numbers());
        Assert.Equal(2, home.Title(2, series: "s").Numbers()[0]);
    }

    [Fact]
    public void Hiding_the_next_episode_hides_the_series_until_something_of_it_is_watched()
    {
        var home = new Home().Series("s", 1, 2, 3).Watch(1, at: 1, End).Hide(2, at: 5);

        Assert.Empty(home.Row());
        Assert.Equal([3], home.Watch(3, at: 6, 60_000).Numbers());
    }

    [Fact]
    public void A_next_episode_hidden_before_the_one_in_front_of_it_was_watched_stands_again() =>
        Assert.Equal([2], new Home().Series("s", 1, 2).Hide(2, at: 1).Watch(1, at: 5, End).Numbers());

    [Fact]
    public void Who_watches_a_series_again_is_led_to_the_next_episode_from_its_start()
    {
        var home = new Home().Series("s", 1, 2, 3).Watch(1, at: 1, End).Watch(2, at: 2, End).Watch(3, at: 3, End);
        Assert.Empty(home.Row());

        home.Watch(1, at: 2_000_000, End);

        var entry = Assert.Single(home.Row());
        Assert.Equal((2, TimeSpan.Zero, RowReason.NextEpisode), (Number(entry), entry.Position, entry.Reason));
        Assert.Equal([3], home.Watch(2, at: 3_000_000, End).Numbers());
        Assert.Empty(home.Watch(3, at: 4_000_000, End).Row());
    }

    [Fact]
    public void No_title_stands_twice_be_it_in_progress_and_the_next_one_of_another()
    {
        Assert.Equal([2], new Home().Title(1, next: 2).Title(2).Watch(1, at: 1, End).Watch(2, at: 2, 60_000).Numbers());
        Assert.Equal([2], new Home().Title(1, next: 2).Title(2).Watch(2, at: 1, 60_000).Watch(1, at: 2, End).Numbers());
        Assert.Equal([3], new Home().Title(1, next: 3).Title(2, next: 3).Title(3).Watch(1, at: 1, End).Watch(2, at: 2, End).Numbers());
    }

    [Fact]
    public void A_series_that_a_finished_title_leads_into_stands_once()
    {
        // The film leads into the series, of which an episode was begun before or after.
        var before = new Home().Series("s", 1, 2, 3).Title(9, next: 1).Watch(2, at: 1, 60_000).Watch(9, at: 2, End);
        var after = new Home().Series("s", 1, 2, 3).Title(9, next: 1).Watch(9, at: 1, End).Watch(2, at: 2, 60_000);
        var hidden = new Home().Series("s", 1, 2, 3).Title(9, next: 1).Watch(9, at: 1, End).Watch(2, at: 2, 60_000).Hide(2, at: 3);

        Assert.Equal([1], before.Numbers());
        Assert.Equal([2], after.Numbers());
        Assert.Empty(hidden.Row());
        Assert.Equal(
            $"{TitleNumbered(1)} of its series stands for it, for it follows {TitleNumbered(9)}, which was finished later, on 2026-03-01 12:00:00 UTC.",
            before.Why(2).Sentence);
    }

    [Fact]
    public void The_catalogues_length_and_credits_stand_above_what_a_player_tells()
    {
        var home = new Home().Title(1, duration: 1_000_000).Title(2, credits: 500_000).Watch(1, at: 2, End).Watch(2, at: 1, 500_000);

        var entry = Assert.Single(home.Row());
        Assert.Equal((1, Ms(1_000_000)), (Number(entry), entry.Duration));
        Assert.Equal([1, 2], home.Watch(2, at: 1_000, 499_999).Watch(1, at: 2_000, End).Numbers());
    }

    [Fact]
    public void What_the_row_must_ask_first_is_told_and_until_then_it_is_a_guess()
    {
        var home = new Home().Series("s", 1, 2).Watch(1, at: 1, End);

        var ignorant = Row.Of(home.NewestFirst, CompletionRule.Default, Nothing, TitleProgress.Unwatched);
        Assert.Equal([TitleNumbered(1)], ignorant.UnknownTitles);
        Assert.False(ignorant.IsCertain);

        var half = Row.Of(home.NewestFirst, CompletionRule.Default, home.Find, _ => null);
        Assert.Equal([TitleNumbered(2)], half.UnknownProgress);
        Assert.Empty(half.UnknownTitles);
        Assert.False(half.IsCertain);

        var known = Row.Of(home.NewestFirst, CompletionRule.Default, home.Find, home.ProgressOf);
        Assert.True(known.IsCertain);
        Assert.Empty(known.UnknownProgress);

        static bool Nothing(ContentId id, out Title? title)
        {
            title = null;
            return false;
        }
    }

    /// <summary>A catalogue and a user of it. Titles last 600 000 ms, as the player tells.</summary>
    private sealed class Home
    {
        private readonly Dictionary<ContentId, Title> _catalogue = [];
        private readonly Dictionary<ContentId, TitleProgress> _titles = [];

        public IEnumerable<TitleProgress> NewestFirst => _titles.Values.Where(title => !title.IsEmpty).Order(Domain.Row.NewestFirst);

        public Home Series(string series, params int[] episodes)
        {
            foreach (var (episode, next) in episodes.Zip(episodes.Skip(1).Append(0)))
            {
                Title(episode, series, next, Length);
            }

            return this;
        }

        public Home Title(int number, string? series = null, int next = 0, int? duration = null, int? credits = null)
        {
            _catalogue[TitleNumbered(number)] = new Title(TitleNumbered(number))
            {
                SeriesId = series is null ? null : SeriesId.Parse(series),
                NextContentId = next == 0 ? null : TitleNumbered(next),
                Duration = duration is { } length ? Ms(length) : null,
                CreditsStart = credits is { } start ? Ms(start) : null,
            };
            return this;
        }

        public Home Next(int number, int next)
        {
            _catalogue[TitleNumbered(number)] = _catalogue[TitleNumbered(number)] with { NextContentId = TitleNumbered(next) };
            return this;
        }

        public Home Watch(int number, int at, int position, string device = "tv")
        {
            var report = Register(device, at, position, Length);
            var title = ProgressOf(TitleNumbered(number));
            Find(title.ContentId, out var catalogued);
            _titles[title.ContentId] = title.With(title.MarksAfter(report, CompletionRule.Default, catalogued, At(at))).Merge(report);
            return this;
        }

        public Home Hide(int number, int at) => Change(number, marks => marks.Hide(At(at), At(at)));

        public Home Mark(int number, int at) => Change(number, marks => marks.MarkWatched(At(at), null, At(at)));

        public TitleProgress ProgressOf(ContentId id) => _titles.GetValueOrDefault(id) ?? TitleProgress.Unwatched(id);

        public bool Find(ContentId id, out Title? title)
        {
            _catalogue.TryGetValue(id, out title);
            return true;
        }

        public ImmutableArray<RowEntry> Row() => Domain.Row.Of(NewestFirst, CompletionRule.Default, Find, ProgressOf).Entries;

        public int[] Numbers() => [.. Row().Select(Number)];

        public RowExplanation Why(int number, UserState? user = null) => Domain.Row.Explain(
            ProgressOf(TitleNumbered(number)), user ?? UserState.Unknown, NewestFirst, CompletionRule.Default, Find, ProgressOf, out _);

        public Home Open(int number)
        {
            _titles[TitleNumbered(number)] = ProgressOf(TitleNumbered(number)).Opened();
            return this;
        }

        private Home Change(int number, Func<TitleMarks, TitleMarks> change)
        {
            var title = ProgressOf(TitleNumbered(number));
            _titles[title.ContentId] = title.With(change(title.Marks));
            return this;
        }
    }
}
