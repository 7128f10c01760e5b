using System.Collections.Immutable;
using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

public partial class RowTests
{
    [Fact]
    public void A_user_who_has_watched_nothing_has_an_empty_row() => Assert.Empty(RowOf([]));

    [Fact]
    public void An_entry_tells_the_resume_point_and_the_duration_that_any_device_told()
    {
        var title = Watched(1, Register("tv", 0, 100_000, 600_000), Register("phone", 1_000, 200_000));

        var entry = new RowEntry(TitleNumbered(1), Ms(200_000), Ms(600_000), At(1_000), DeviceId.Parse("phone"));
        Assert.Equal(entry, Assert.Single(RowOf([title])));
    }

    [Fact]
    public void The_title_last_watched_comes_first()
    {
        var row = RowOf([
            Watched(1, Register("tv", 1_000, 9_000)),
            Watched(2, Register("tv", 3_000, 1_000)),
            Watched(3, Register("tv", 2_000, 5_000))]);

        Assert.Equal([2, 3, 1], row.Select(Number));
    }

    [Fact]
    public void A_title_stands_where_its_newest_device_puts_it()
    {
        var row = RowOf([
            Watched(1, Register("tv", 1_000, 9_000), Register("phone", 5_000, 9_000)),
            Watched(2, Register("tv", 3_000, 9_000))]);

        Assert.Equal([1, 2], row.Select(Number));
    }

    [Fact]
    public void Titles_watched_at_the_same_moment_stand_by_the_greater_id()
    {
        // The position is no part of the row's order, and the ids compare without a sign.
        var row = RowOf([
            Watched(1, Register("tv", 0, 9_000)),
            Watched(int.MaxValue, Register("tv", 0, 2_000)),
            Watched(-1, Register("tv", 0, 1_000))]);

        Assert.Equal([-1, int.MaxValue, 1], row.Select(Number));
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(10, 10)]
    [InlineData(11, 10)]
    [InlineData(256, 10)]
    public void The_row_has_at_most_ten_titles(int titles, int shown)
    {
        var row = RowOf(Enumerable.Range(1, titles).Select(number => Watched(number, Register("tv", number * 1_000, 9_000))));

        Assert.Equal(Enumerable.Range(titles - shown + 1, shown).Reverse(), row.Select(Number));
    }

    [Fact]
    public void What_leaves_makes_room_for_the_eleventh()
    {
        var titles = Enumerable.Range(1, 11).Select(number => Watched(number, Register("tv", number * 1_000, 9_000, 100_000)));

        var leaves = titles.Select((title, index) => index == 6 ? title.Merge(Register("tv", 7_500, 95_000)) : title);

        Assert.Equal([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], RowOf(titles).Select(Number));
        Assert.Equal([11, 10, 9, 8, 6, 5, 4, 3, 2, 1], RowOf(leaves).Select(Number));
    }

    [Fact]
    public void A_finished_title_leaves_the_row_and_watching_on_from_an_earlier_point_brings_it_back()
    {
        var finished = Watched(1, Register("tv", 0, 95_000, 100_000));

        Assert.Empty(RowOf([finished]));
        Assert.Equal(Ms(40_000), Assert.Single(RowOf([finished.Merge(Register("phone", 1, 40_000))])).Position);
    }

    [Fact]
    public void A_title_of_unknown_duration_stays_in_the_row() =>
        Assert.Single(RowOf([Watched(1, Register("tv", 0, 999_000_000))]));

    [Fact]
    public void The_rule_decides_what_is_finished()
    {
        var title = Watched(1, Register("tv", 0, 90_000, 100_000));

        Assert.Single(RowOf([title]));
        Assert.Empty(Row.Of([title], new CompletionRule(0.1, Ms(300_000)), NoCatalogue, TitleProgress.Unwatched).Entries);
    }

    [Fact]
    public void The_row_reads_no_further_than_it_must()
    {
        var read = 0;
        var titles = Enumerable.Range(1, 40).Reverse().Select(number =>
        {
            read++;
            return Watched(number, Register("tv", number * 1_000, 9_000));
        });

        Row.Of(titles, CompletionRule.Default, NoCatalogue, TitleProgress.Unwatched);

        Assert.Equal(10, read);
    }

    [Fact]
    public void Every_row_agrees_with_the_raw_reports()
    {
        // Few moments and places for many titles, so that they tie; each device knows one duration of each title, or none.
        var report = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 8], Gen.Int[0, 4], Gen.Bool);
        var title = report.Array[1, 5];
        title.Array[1, 256].Sample(
            titles =>
            {
                // From -100 up: the ids compare without a sign.
                var reports = titles
                    .SelectMany((reports, index) => reports.Select(report =>
                        (Title: TitleNumbered(index < 100 ? index - 100 : index), Register: Raw(index, report))))
                    .ToArray();

                var row = RowOf(
                    from report in reports
                    group report.Register by report.Title into title
                    select Watched(title.Key, title));

                Assert.Equal(Naive(reports), row);
                Assert.True(row.Length <= 10);
                Assert.DoesNotContain(row, entry => entry.Duration is { } known && (known - entry.Position) * 20 <= known);
                Assert.Equal(row.Select(entry => entry.WatchedAt).OrderDescending(), row.Select(entry => entry.WatchedAt));
            },
            iter: 300);
    }

    private static Register Raw(int title, (int Device, int At, int Position, bool KnowsDuration) report)
    {
        int[] positions = [1_000, 94_999, 95_000, 114_000, 190_000];
        int? duration = report.KnowsDuration ? 100_000 * (1 + ((title + report.Device) % 2)) : null;
        return Register(Devices[report.Device], report.At * 1_000, positions[report.Position], duration);
    }

    private static RowEntry[] Naive(IEnumerable<(ContentId Title, Register Register)> reports) =>
        [.. (from report in reports
            group report.Register by report.Title into title
            let newestFirst = title
                .OrderByDescending(report => report.WatchedAt)
                .ThenByDescending(report => report.Position)
                .ThenByDescending(report => report.DeviceId.Value, StringComparer.Ordinal)
                .ToArray()
            let resume = newestFirst[0]
            let devices = newestFirst.Select(report => report.DeviceId).Distinct()
            let duration = devices
                .Select(device => title.FirstOrDefault(report => report.DeviceId == device && report.Duration != null).Duration)
                .FirstOrDefault(known => known != null)
            let left = (duration - resume.Position)?.TotalMilliseconds
            where duration is null || left > duration.Value.TotalMilliseconds / 20
            orderby resume.WatchedAt descending, $"{title.Key}" descending
            select new RowEntry(title.Key, resume.Position, duration, resume.WatchedAt, resume.DeviceId)).Take(10)];

    private static ImmutableArray<RowEntry> RowOf(IEnumerable<TitleProgress> titles) =>
        Row.Of(titles.Order(Row.NewestFirst), CompletionRule.Default, NoCatalogue, TitleProgress.Unwatched).Entries;

    private static bool NoCatalogue(ContentId id, out Title? title)
    {
        title = null;
        return true;
    }

    private static TitleProgress Watched(int title, params Register[] registers) =>
        Watched(TitleNumbered(title), registers);

    private static TitleProgress Watched(ContentId title, IEnumerable<Register> registers) =>
        registers.Aggregate(TitleProgress.Unwatched(title), (progress, register) => progress.Merge(register));

    private static int Number(RowEntry entry) => BitConverter.ToInt32(entry.ContentId.Value.ToByteArray());
}
