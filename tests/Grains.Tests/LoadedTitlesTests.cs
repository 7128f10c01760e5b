using System.Globalization;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using CsCheck;

namespace ContinueWatching.Grains.Tests;

/// <summary>The titles in memory: whatever comes in between, none is missing down to the horizon, and never are there too many.
/// </summary>
public sealed class LoadedTitlesTests
{
    [Fact]
    public void Before_the_first_page_nothing_is_known_to_be_without_gaps()
    {
        var titles = new LoadedTitles();
        titles.Merge(Title(1, at: 1));

        Assert.False(titles.IsComplete);
        Assert.Empty(titles.WithoutGaps);
        Assert.NotNull(titles.Find(Id(1)));
    }

    [Fact]
    public void A_page_without_an_end_makes_memory_complete()
    {
        var titles = new LoadedTitles();
        titles.Merge(new TitlePage([Title(1, at: 1), Title(2, at: 2)], null), before: null);

        Assert.True(titles.IsComplete);
        Assert.Equal([2, 1], Numbers(titles));
    }

    [Fact]
    public void An_old_title_that_was_reported_stays_below_the_horizon_until_the_page_around_it_comes()
    {
        var titles = new LoadedTitles();
        var end = TitleCursor.Of(Title(8, at: 8));
        titles.Merge(new TitlePage([Title(9, at: 9), Title(8, at: 8)], end), before: null);
        titles.Merge(Title(3, at: 3));
        Assert.Equal([9, 8], Numbers(titles));

        titles.Merge(new TitlePage([Title(5, at: 5), Title(3, at: 3)], TitleCursor.Of(Title(3, at: 3))), before: end);

        Assert.Equal([9, 8, 5, 3], Numbers(titles));
    }

    [Fact]
    public void A_page_that_comes_late_adds_what_it_has_and_moves_no_horizon()
    {
        var titles = new LoadedTitles();
        titles.Merge(new TitlePage([Title(9, at: 9)], TitleCursor.Of(Title(9, at: 9))), before: null);
        titles.Merge(new TitlePage([Title(5, at: 5)], null), before: TitleCursor.Of(Title(9, at: 9)));

        titles.Merge(new TitlePage([Title(9, at: 9)], TitleCursor.Of(Title(9, at: 9))), before: null);

        Assert.True(titles.IsComplete);
        Assert.Equal([9, 5], Numbers(titles));
    }

    [Fact]
    public void The_oldest_title_leaves_when_there_are_too_many_and_memory_is_no_longer_complete()
    {
        var titles = new LoadedTitles();
        titles.Merge(new TitlePage([], null), before: null);
        for (var number = 1; number <= LoadedTitles.MaxTitles + 1; number++)
            titles.Merge(Title(number, at: number));

        Assert.False(titles.IsComplete);
        Assert.Null(titles.Find(Id(1)));
        Assert.Equal(Enumerable.Range(2, LoadedTitles.MaxTitles).Reverse(), Numbers(titles));
    }

    [Fact]
    public void A_page_asked_for_before_the_oldest_titles_left_closes_no_gap()
    {
        var titles = new LoadedTitles();
        var end = TitleCursor.Of(Title(1, at: 1));
        titles.Merge(new TitlePage([Title(1, at: 1)], end), before: null);
        for (var number = 2; number <= LoadedTitles.MaxTitles + 1; number++)
            titles.Merge(Title(number, at: number));

        titles.Merge(new TitlePage([], null), before: end);

        Assert.False(titles.IsComplete);
        Assert.Equal(Enumerable.Range(2, LoadedTitles.MaxTitles).Reverse(), Numbers(titles));
    }

    [Fact]
    public void Loading_a_title_that_is_in_memory_keeps_what_is_newer()
    {
        var titles = new LoadedTitles();
        titles.Merge(Title(1, at: 10));

        Assert.Equal(At(10), titles.Merge(Title(1, at: 5)).ResumePoint.WatchedAt);
        Assert.Equal(At(10), titles.Find(Id(1))!.ResumePoint.WatchedAt);
    }

    [Fact]
    public void Reports_and_pages_in_any_order_leave_no_gap()
    {
        var step = Gen.Frequency(
            (6, Gen.Select(Gen.Int[1, 400], Gen.Int[0, 2000], (title, at) => new Step(StepKind.Report, title, at))),
            (3, Gen.Int[0, TitlePage.Size].Select(size => new Step(StepKind.AskForPage, size, 0))),
            (1, Gen.Int[0, 23].Select(hour => new Step(StepKind.AskForDay, hour, 0))),
            (4, Gen.Int[0, 9].Select(page => new Step(StepKind.TakePage, page, 0))));

        Gen.Select(Gen.Int[0, 400], step.Array[1, 120])
            .Sample((history, steps) => Walk(history, steps), iter: 100);
    }

    private static void Walk(int history, Step[] steps)
    {
        // Several titles share a moment, so that the ties of cursors count too.
        var truth = Enumerable.Range(1, history).ToDictionary(number => number, number => Title(number, at: number / 3));
        var titles = new LoadedTitles();
        var pages = new List<(TitlePage Page, TitleCursor? Before)>();
        foreach (var step in steps)
        {
            switch (step.Kind)
            {
                case StepKind.Report:
                    var known = truth.GetValueOrDefault(step.First) ?? TitleProgress.Unwatched(Id(step.First));
                    truth[step.First] = known.Merge(RegisterAt(step.Second));
                    titles.Merge(titles.Find(Id(step.First)) ?? known);
                    titles.Merge(truth[step.First]);
                    break;
                case StepKind.AskForPage:
                    pages.Add((ReadPage(truth.Values, titles.Horizon, step.First), titles.Horizon));
                    break;
                case StepKind.AskForDay:
                    pages.Add((ReadUntil(truth.Values, titles.Horizon, At(step.First * 80)), titles.Horizon));
                    break;
                case StepKind.TakePage when pages.Count > 0:
                    var (page, before) = pages[step.First % pages.Count];
                    pages.RemoveAt(step.First % pages.Count);
                    titles.Merge(page, before);
                    break;
            }

            Check(truth, titles);
        }

        var inMemory = truth.Keys.Count(number => titles.Find(Id(number)) is not null);
        Assert.True(inMemory <= LoadedTitles.MaxTitles, "Too many titles.");
    }

    private static void Check(Dictionary<int, TitleProgress> truth, LoadedTitles titles)
    {
        var newestFirst = truth.Values.Order(Row.NewestFirst).Select(Place).ToArray();
        var found = titles.WithoutGaps.Select(Place).ToArray();
        Assert.True(newestFirst.AsSpan().StartsWith(found), "There is a gap.");
        Assert.True(!titles.IsComplete || found.Length == newestFirst.Length, "Memory is said to be complete, and is not.");
    }

    private static (ContentId, DateTimeOffset) Place(TitleProgress title) => (title.ContentId, title.ResumePoint.WatchedAt);

    // As the database does it: whole titles behind a place, the newest first, and where they end.
    private static TitlePage ReadPage(IEnumerable<TitleProgress> truth, TitleCursor? before, int size)
    {
        var behind = Behind(truth, before);
        if (behind.Length <= size)
            return new TitlePage([.. behind], null);
        var nowhere = before ?? new TitleCursor(DateTimeOffset.MaxValue, default);
        return new TitlePage([.. behind.Take(size)], size == 0 ? nowhere : TitleCursor.Of(behind[size - 1]));
    }

    private static TitlePage ReadUntil(IEnumerable<TitleProgress> truth, TitleCursor? before, DateTimeOffset moment)
    {
        var end = new TitleCursor(moment, default);
        if (before is { } place && !end.IsOlderThan(place))
            return ReadPage(truth, before, TitlePage.Size);
        return new TitlePage([.. Behind(truth, before).Where(title => title.ResumePoint.WatchedAt >= moment)], end);
    }

    private static TitleProgress[] Behind(IEnumerable<TitleProgress> truth, TitleCursor? before) =>
        [.. truth.Where(title => before is not { } place || TitleCursor.Of(title).IsOlderThan(place)).Order(Row.NewestFirst)];

    private static int[] Numbers(LoadedTitles titles) =>
        [.. titles.WithoutGaps.Select(title => int.Parse(title.ContentId.ToString()[..8], NumberStyles.HexNumber, null))];

    private static ContentId Id(int number) => new(new Guid(number, 0, 0, new byte[8]));

    private static TitleProgress Title(int number, int at) => TitleProgress.Unwatched(Id(number)).Merge(RegisterAt(at));

    private static Register RegisterAt(int at) => new(default, At(at), TimeSpan.FromSeconds(100), null);

    private static DateTimeOffset At(int seconds) => GrainCluster.Evening.AddSeconds(seconds);

    private enum StepKind
    {
        Report,
        AskForPage,
        AskForDay,
        TakePage,
    }

    private readonly record struct Step(StepKind Kind, int First, int Second);
}
