using ContinueWatching.Contracts;
using ContinueWatching.Testing;

namespace ContinueWatching.Grains.Tests;

/// <summary>The row, and what it costs to keep it exact over a long history.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class RowTests(SharedCluster shared)
{
    private readonly Viewer _viewer = shared.NewViewer();

    [Fact]
    public async Task The_row_shows_the_ten_titles_watched_last()
    {
        var titles = NewTitles(12);
        for (var index = 0; index < titles.Length; index++)
            await _viewer.WatchAsync(titles[index], 100 + index, at: index, duration: 1000);
        await _viewer.WatchAsync(titles[3], 500, at: 100, "phone");

        var row = await _viewer.Grain.GetRowAsync();

        Assert.Equal([3, 11, 10, 9, 8, 7, 6, 5, 4, 2], row.Select(entry => Array.IndexOf(titles, entry.ContentId)));
        Assert.Equal(
            new RowEntry(
                titles[3], TimeSpan.FromSeconds(500), TimeSpan.FromSeconds(1000), Viewer.At(100), DeviceId.Parse("phone")),
            row[0]);
    }

    [Fact]
    public async Task A_finished_title_leaves_the_row_for_the_eleventh_and_keeps_its_place()
    {
        var titles = NewTitles(11);
        for (var index = 0; index < titles.Length; index++)
            await _viewer.WatchAsync(titles[index], 100, at: index, duration: 1000);

        var finished = await _viewer.WatchAsync(titles[10], 950, at: 100, duration: 1000);

        Assert.True(finished.Status!.Completed);
        Assert.Equal(Enumerable.Range(0, 10).Reverse(), await RowOfAsync(titles));
        Assert.Equal((950.0, true), await PlaceAndCompletionAsync(titles[10]));

        await _viewer.WatchAsync(titles[10], 40, at: 110, duration: 1000);
        Assert.Equal(Enumerable.Range(1, 10).Reverse(), await RowOfAsync(titles));
    }

    [Fact]
    public async Task A_long_history_wakes_with_an_exact_row()
    {
        var titles = await WriteHistoryAsync(300, finished: 0);

        Assert.Equal(Enumerable.Range(290, 10).Reverse(), await RowOfAsync(titles));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(246)]
    public async Task The_row_is_found_behind_many_finished_titles(int finished)
    {
        var titles = await WriteHistoryAsync(300, finished);

        Assert.Equal(Enumerable.Range(290 - finished, 10).Reverse(), await RowOfAsync(titles));
    }

    [Fact]
    public async Task The_row_is_exact_over_the_newest_256_titles_and_reads_no_further()
    {
        var titles = await WriteHistoryAsync(300, finished: 251);

        Assert.Equal(Enumerable.Range(44, 5).Reverse(), await RowOfAsync(titles));
        Assert.Equal(Enumerable.Range(44, 5).Reverse(), await RowOfAsync(titles));
    }

    [Fact]
    public async Task Many_who_ask_for_a_long_row_at_once_get_the_same()
    {
        var titles = await WriteHistoryAsync(300, finished: 120);

        var rows = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RowOfAsync(titles)));

        Assert.All(rows, row => Assert.Equal(Enumerable.Range(170, 10).Reverse(), row));
    }

    [Fact]
    public async Task Reports_that_come_while_a_long_history_is_paged_leave_the_row_exact()
    {
        var titles = await WriteHistoryAsync(300, finished: 200);

        // Old titles, far below what is loaded, come up one after the other while rows are read.
        var reports = Enumerable.Range(0, 5).Select(index => _viewer.WatchAsync(titles[index], 300, at: 1000 + index));
        await Task.WhenAll([.. reports, .. Enumerable.Range(0, 10).Select(_ => _viewer.Grain.GetRowAsync())]);

        Assert.Equal([4, 3, 2, 1, 0, 99, 98, 97, 96, 95], await RowOfAsync(titles));
    }

    [Fact]
    public async Task Places_of_titles_too_old_to_be_in_memory_are_answered()
    {
        var titles = await WriteHistoryAsync(300, finished: 0);
        await _viewer.Grain.GetRowAsync();

        var found = await _viewer.Grain.GetWatchStatusAsync([titles[0], Viewer.NewTitle(), titles[299], titles[150]]);

        Assert.Equal([titles[0], titles[299], titles[150]], found.Select(status => status.ContentId));
        Assert.All(found, status => Assert.Equal(100, status.Position.TotalSeconds));
    }

    [Theory]
    [InlineData(0, "It was last watched on 2026-03-01 20:00:00 UTC, and many titles were after it.")]
    [InlineData(150, "The row shows 10 titles, and 149 were watched after this one.")]
    public async Task Why_an_old_title_is_not_in_the_row_is_read_once_however_far_the_row_is_paged(int index, string why)
    {
        var titles = await WriteHistoryAsync(300, finished: 0);
        using var reads = new StatementCount(shared.Cluster.Postgres.ConnectionString, "as a(number, user_id, content_id)");

        var explanation = await _viewer.Grain.ExplainAsync(titles[index]);

        Assert.Equal(new RowExplanation(RowCode.BeyondTheRow, why), explanation);
        Assert.Equal(1, reads.Value);
    }

    [Fact]
    public async Task A_report_for_an_old_title_meets_its_registers_in_Postgres()
    {
        var titles = await WriteHistoryAsync(300, finished: 0);
        await _viewer.Grain.GetRowAsync();

        var late = await _viewer.WatchAsync(titles[5], 50, at: 4);
        Assert.Equal((ReportOutcome.Stale, 100.0), (late.Outcome, late.Status!.Position.TotalSeconds));
        Assert.Equal(ReportOutcome.Unchanged, (await _viewer.WatchAsync(titles[6], 100.1, at: 500)).Outcome);
        Assert.Equal(ReportOutcome.Superseded, (await _viewer.WatchAsync(titles[7], 300, at: 6, "phone")).Outcome);
        Assert.Equal(ReportOutcome.Applied, (await _viewer.WatchAsync(titles[8], 300, at: 500, "phone")).Outcome);

        Assert.Equal([new Stored("tv", 100, 5)], await _viewer.StoredAsync(titles[5]));
        Assert.Equal([new Stored("tv", 100, 6)], await _viewer.StoredAsync(titles[6]));
        Assert.Equal([new Stored("phone", 300, 6), new Stored("tv", 100, 7)], await _viewer.StoredAsync(titles[7]));
        Assert.Equal([8, 299, 298], (await RowOfAsync(titles)).Take(3));
    }

    private static ContentId[] NewTitles(int count) => [.. Enumerable.Range(0, count).Select(_ => Viewer.NewTitle())];

    // Title n was watched at second n; the newest are finished.
    private async Task<ContentId[]> WriteHistoryAsync(int count, int finished)
    {
        var titles = NewTitles(count);
        await _viewer.WriteElsewhereAsync(
            titles.Select((title, index) => (title, index >= count - finished ? 990.0 : 100.0, (double)index)));
        return titles;
    }

    private async Task<IEnumerable<int>> RowOfAsync(ContentId[] titles) =>
        (await _viewer.RowAsync()).Select(title => Array.IndexOf(titles, title));

    private async Task<(double, bool)> PlaceAndCompletionAsync(ContentId title)
    {
        var status = await _viewer.StatusAsync(title);
        return (status!.Position.TotalSeconds, status.Completed);
    }
}
