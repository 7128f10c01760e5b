using System.Collections.Immutable;
using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>The row over random catalogues and users, against a model that is nothing but the text of the rule.</summary>
public partial class RowTests
{
    private const int Universe = 30;

    // Titles in series and out of them, chains that end, branch into one another, bite their tails or lead nowhere; few moments.
    private static readonly Gen<World> _anyWorld = Gen.Select(
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, Universe + 2], Gen.Int[0, 2], Gen.Int[0, 5]).Array[Universe],
        Gen.Select(Gen.Int[-3, 12], Gen.Int[0, 4], Gen.Int[0, 1], Gen.Bool).Array[Universe],
        Gen.Select(Gen.Int[-12, 12], Gen.Int[1, 3], Gen.Int[-12, 12]).Array[Universe],
        (titles, places, marks) => new World(
            titles.Select((title, index) => Catalogued(index + 1, title)).OfType<Title>().ToDictionary(title => title.ContentId),
            places.Select((place, index) => Held(index + 1, place, marks[index])).ToDictionary(title => title.ContentId)));

    [Fact]
    public void Every_row_agrees_with_the_text_of_the_rule() =>
        _anyWorld.Sample(world => Assert.Equal(NaiveRow(world), world.RowOf().Entries), iter: 4_000);

    [Fact]
    public void The_order_of_questions_does_not_matter_the_row_ends_as_with_everything_known() =>
        Gen.Select(_anyWorld, Gen.Int[0, 2].Array[Universe + 3], Gen.Int[0, 2].Array[Universe + 3]).Sample(
            (world, titles, progress) =>
            {
                var knownTitles = titles.Select((known, index) => (known, Id: TitleNumbered(index + 1)))
                    .Where(title => title.known > 0).Select(title => title.Id).ToHashSet();
                var knownProgress = progress.Select((known, index) => (known, Id: TitleNumbered(index + 1)))
                    .Where(title => title.known > 0).Select(title => title.Id).ToHashSet();

                Row row;
                while (!(row = Row.Of(world.NewestFirst, CompletionRule.Default, Find, ProgressOf)).IsCertain)
                {
                    // Each answer is news, so that the questions come to an end.
                    Assert.DoesNotContain(row.UnknownTitles, knownTitles.Contains);
                    Assert.DoesNotContain(row.UnknownProgress, knownProgress.Contains);
                    knownTitles.UnionWith(row.UnknownTitles);
                    knownProgress.UnionWith(row.UnknownProgress);
                }

                Assert.Equal(world.RowOf().Entries.ToArray(), row.Entries.ToArray());

                bool Find(ContentId id, out Title? title)
                {
                    title = null;
                    return knownTitles.Contains(id) && world.Find(id, out title);
                }

                TitleProgress? ProgressOf(ContentId id) => knownProgress.Contains(id) ? world.ProgressOf(id) : null;
            },
            iter: 2_000);

    [Fact]
    public void The_explanation_of_every_title_agrees_with_the_row() =>
        _anyWorld.Sample(
            world =>
            {
                var row = world.RowOf().Entries.ToDictionary(entry => entry.ContentId);
                for (var number = 1; number <= Universe + 3; number++)
                {
                    var id = TitleNumbered(number);
                    var why = Row.Explain(
                        world.ProgressOf(id),
                        UserState.Unknown,
                        world.NewestFirst,
                        CompletionRule.Default,
                        world.Find,
                        world.ProgressOf,
                        out var certain);

                    Assert.True(certain.IsCertain);
                    Assert.NotEmpty(why.Sentence);
                    RowCode? expected = !row.TryGetValue(id, out var entry) ? null
                        : entry.Reason == RowReason.NextEpisode ? RowCode.NextEpisode : RowCode.InProgress;
                    Assert.Equal(expected, why.Code is RowCode.InProgress or RowCode.NextEpisode ? why.Code : null);
                    Assert.True(why.Code != RowCode.BeyondTheRow || row.Count == 10);
                }
            },
            iter: 2_000);

    // "Titles by their resume point, newest first. For a series, its head is the episode last watched; only the head is judged."
    private static RowEntry[] NaiveRow(World world)
    {
        var watched = world.Progress.Values.Where(title => title.Registers.Any())
            .OrderByDescending(title => title.ResumePoint.WatchedAt).ThenByDescending(title => $"{title.ContentId}", StringComparer.Ordinal);
        var row = new List<RowEntry>();
        var series = new HashSet<SeriesId>();
        foreach (var title in watched)
        {
            // "The row never holds two entries of one series", be it that a finished title leads into another one.
            var own = world.Of(title.ContentId)?.SeriesId;
            if ((own is null || series.Add(own.Value))
                && Stand(world, title) is { } entry
                && row.TrueForAll(other => other.ContentId != entry.ContentId)
                && (entry.SeriesId is not { } entered || entered == own || series.Add(entered)))
            {
                row.Add(entry);
            }
        }

        return [.. row.Take(10)];
    }

    private static RowEntry? Stand(World world, TitleProgress head)
    {
        var place = head.ResumePoint;
        if (head.Marks.HiddenAt >= place.WatchedAt)
        {
            return null; // "hidden since last watched"
        }

        if (!IsThrough(world, head))
        {
            return new RowEntry(head.ContentId, place.Position, LengthOf(world, head), place.WatchedAt, place.DeviceId)
            {
                SeriesId = world.Of(head.ContentId)?.SeriesId,
            };
        }

        // "the next episode along that chain which is not finished and not seen as often as the head (bound: 50)"
        var chain = Chain(world, head.ContentId).Take(50).Select(title => world.ProgressOf(title.ContentId)).ToArray();
        var stands = chain.FirstOrDefault(next =>
            next.Marks.HiddenAt >= place.WatchedAt || !IsThrough(world, next) || next.Marks.PlayCount < head.Marks.PlayCount);
        if (stands is null || stands.Marks.HiddenAt >= place.WatchedAt)
        {
            return null;
        }

        var begun = !IsThrough(world, stands) && stands.Registers.Any();
        return new RowEntry(
            stands.ContentId, begun ? stands.ResumePoint.Position : TimeSpan.Zero, LengthOf(world, stands), place.WatchedAt, place.DeviceId)
        {
            SeriesId = world.Of(stands.ContentId)!.SeriesId,
            Reason = RowReason.NextEpisode,
        };
    }

    private static IEnumerable<Title> Chain(World world, ContentId id)
    {
        while (world.Of(id)?.NextContentId is { } next && world.Of(next) is { } title)
        {
            yield return title;
            id = next;
        }
    }

    private static bool IsThrough(World world, TitleProgress title)
    {
        var newest = title.Registers.Select(register => (Register?)register).FirstOrDefault();
        var isMarked = title.Marks.CompletedAt is { } at && (newest is null || at >= newest.Value.WatchedAt);
        var end = world.Of(title.ContentId)?.CreditsStart ?? (LengthOf(world, title) * 0.95);
        return isMarked || newest?.Position >= end;
    }

    private static TimeSpan? LengthOf(World world, TitleProgress title) =>
        world.Of(title.ContentId)?.Duration ?? title.Registers.Select(register => register.Duration).FirstOrDefault(known => known is not null);

    private static Title? Catalogued(int number, (int Series, int Next, int Duration, int Kind) title)
    {
        if (title.Kind == 0)
        {
            return null;
        }

        // Mostly the next number: chains. Else anything, even what no catalogue knows.
        var next = title.Kind < 4 ? number + 1 : title.Next;
        return new Title(TitleNumbered(number))
        {
            SeriesId = title.Series == 0 ? null : SeriesId.Parse($"s{(title.Kind < 4 ? (number / 7) + 1 : title.Series)}"),
            NextContentId = next == 0 || next == number ? null : TitleNumbered(next),
            Duration = title.Duration == 1 ? Ms(100_000) : null,
            CreditsStart = title.Duration == 2 ? Ms(50_000) : null,
        };
    }

    private static TitleProgress Held(
        int number, (int At, int Position, int Device, bool KnowsDuration) place, (int Completed, int Count, int Hidden) marks)
    {
        int[] positions = [1_000, 50_000, 94_999, 95_000, 100_000];
        var title = TitleProgress.Unwatched(TitleNumbered(number)).With(new TitleMarks
        {
            CompletedAt = marks.Completed > 0 ? At(marks.Completed) : null,
            PlayCount = marks.Completed > 0 ? marks.Count : 0,
            HiddenAt = marks.Hidden > 0 ? At(marks.Hidden) : null,
            ChangedAt = At(20),
        });
        return place.At < 0
            ? title
            : title.Merge(Register(Devices[place.Device], place.At, positions[place.Position], place.KnowsDuration ? 100_000 : null));
    }

    private sealed record World(Dictionary<ContentId, Title> Catalogue, Dictionary<ContentId, TitleProgress> Progress)
    {
        public IEnumerable<TitleProgress> NewestFirst => Progress.Values.Where(title => !title.IsEmpty).Order(Row.NewestFirst);

        public Row RowOf() => Row.Of(NewestFirst, CompletionRule.Default, Find, ProgressOf);

        public Title? Of(ContentId id) => Catalogue.GetValueOrDefault(id);

        public TitleProgress ProgressOf(ContentId id) => Progress.GetValueOrDefault(id) ?? TitleProgress.Unwatched(id);

        public bool Find(ContentId id, out Title? title)
        {
            title = Of(id);
            return true;
        }
    }
}
