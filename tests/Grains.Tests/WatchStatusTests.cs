using System.Collections.Immutable;
using ContinueWatching.Contracts;
using Npgsql;

namespace ContinueWatching.Grains.Tests;

/// <summary>Reading places by title.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class WatchStatusTests(SharedCluster shared)
{
    private readonly Viewer _viewer = shared.NewViewer();

    [Fact]
    public async Task Places_come_in_the_order_asked_without_the_titles_never_watched()
    {
        var (first, second, never) = (Viewer.NewTitle(), Viewer.NewTitle(), Viewer.NewTitle());
        await _viewer.WatchAsync(first, 100, at: 0);
        await _viewer.WatchAsync(second, 200, at: 10);

        var found = await _viewer.Grain.GetWatchStatusAsync([second, never, first, second]);

        Assert.Equal([second, first, second], found.Select(status => status.ContentId));
        Assert.Equal([200, 100, 200], found.Select(status => status.Position.TotalSeconds));
    }

    [Fact]
    public async Task A_hundred_titles_may_be_asked_for_at_once()
    {
        var titles = Enumerable.Range(0, 100).Select(_ => Viewer.NewTitle()).ToImmutableArray();
        await _viewer.WriteElsewhereAsync(titles.Select((title, index) => (title, 10.0 + index, (double)index)));

        var found = await _viewer.Grain.GetWatchStatusAsync(titles);

        Assert.Equal(titles, found.Select(status => status.ContentId));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(index => 10.0 + index), found.Select(status => status.Position.TotalSeconds));
    }

    [Fact]
    public async Task A_title_that_leaves_memory_while_others_are_read_from_Postgres_is_answered()
    {
        // All finished, so that the row is looked for as far as memory reaches: down to the title 44.
        var titles = Enumerable.Range(0, 300).Select(_ => Viewer.NewTitle()).ToArray();
        await _viewer.WriteElsewhereAsync(titles.Select((title, index) => (title, 990.0, (double)index)));
        Assert.Empty(await _viewer.RowAsync());

        var found = await ReadAroundReportAsync(titles[0], [titles[44], titles[1]]);

        Assert.Equal([titles[44], titles[1]], found.Select(status => status.ContentId));
    }

    [Fact]
    public async Task A_title_that_is_reported_while_others_are_read_from_Postgres_is_answered_as_it_is_now()
    {
        var titles = Enumerable.Range(0, 60).Select(_ => Viewer.NewTitle()).ToArray();
        await _viewer.WriteElsewhereAsync(titles.Select((title, index) => (title, 100.0, (double)index)));
        Assert.Equal(10, (await _viewer.RowAsync()).Length);

        var found = await ReadAroundReportAsync(titles[59], [titles[59], titles[0]]);

        Assert.Equal([200, 100], found.Select(status => status.Position.TotalSeconds));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task Asking_for_none_or_too_many_is_refused(int count)
    {
        var titles = Enumerable.Range(0, count).Select(_ => Viewer.NewTitle()).ToImmutableArray();

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.GetWatchStatusAsync(titles));

        Assert.StartsWith("A read asks for 1 to 100 titles.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_without_titles_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.GetWatchStatusAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(() => _viewer.Grain.GetWatchStatusAsync([default]));
    }

    [Fact]
    public async Task A_user_who_watched_nothing_has_no_places_and_an_empty_row()
    {
        Assert.Empty(await _viewer.Grain.GetWatchStatusAsync([Viewer.NewTitle()]));
        Assert.Empty(await _viewer.Grain.GetRowAsync());
    }

    // The read begins before a report is committed, and Postgres answers it after that: it stands behind a lock that stands behind
    // the report, which stands behind a lock of its row.
    private async Task<ImmutableArray<WatchStatus>> ReadAroundReportAsync(ContentId reported, ImmutableArray<ContentId> asked)
    {
        await using var connection = await shared.Cluster.Postgres.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var lockTable = new NpgsqlCommand("lock table resume", connection, transaction);
        Task report, locked;
        Task<ImmutableArray<WatchStatus>> read;
        await using (var held = await _viewer.LockAsync(reported))
        {
            report = _viewer.WatchAsync(reported, 200, at: 1000);
            var commit = await held.UntilBlockedAsync();
            locked = lockTable.ExecuteNonQueryAsync();
            await held.UntilBlockedAsync(but: commit);
            read = _viewer.Grain.GetWatchStatusAsync(asked);
            await shared.Cluster.UntilBlockedAsync(connection, but: 0);
        }

        await report;
        await locked;
        Assert.False(read.IsCompleted);
        await transaction.RollbackAsync();
        return await read;
    }
}
