using System.Text;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>How titles lie in Postgres, and what happens when somebody else writes there.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class TitleStorageTests(SharedCluster shared)
{
    private readonly ContentId _film = Viewer.NewTitle();

    private ITitleGrain Grain => shared.Cluster.Grains.GetTitle(_film);

    [Fact]
    public async Task A_title_is_a_small_document_without_names_of_types()
    {
        await Grain.SetAsync(new Title(_film) { Duration = TimeSpan.FromSeconds(90), SeriesId = SeriesId.Parse("s"), Kind = "film" });

        Assert.Equal(
            $$"""{"ContentId":"{{_film}}","DurationMs":90000,"SeriesId":"s","Kind":"film"}""", Assert.Single(await StoredAsync()));
    }

    [Fact]
    public async Task A_title_that_is_removed_leaves_nothing_behind()
    {
        await Grain.SetAsync(new Title(_film));
        await Grain.RemoveAsync();

        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task A_document_of_a_newer_version_is_read_and_what_is_new_in_it_is_passed_over()
    {
        await Grain.SetAsync(new Title(_film));
        await WriteElsewhereAsync($$"""{"ContentId":"{{_film}}","Genres":["a",{"b":1}],"Episode":7}""");

        Assert.Equal(new Title(_film) { Episode = 7 }, await ReadAnewAsync());
    }

    [Fact]
    public async Task A_document_of_which_a_part_is_no_longer_allowed_is_read()
    {
        await Grain.SetAsync(new Title(_film));
        await WriteElsewhereAsync($$"""{"ContentId":"{{_film}}","SeriesId":"","NextContentId":"{{Guid.Empty}}","Season":3}""");

        Assert.Equal(new Title(_film) { Season = 3 }, await ReadAnewAsync());
    }

    [Fact]
    public async Task Whoever_writes_over_another_activation_is_refused_reads_anew_and_may_write_then()
    {
        await Grain.SetAsync(new Title(_film));
        await WriteElsewhereAsync($$"""{"ContentId":"{{_film}}","Season":3}""");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.SetAsync(new Title(_film) { Season = 4 }));
        Assert.Equal(3, (await Grain.GetAsync())?.Season);
        await Grain.SetAsync(new Title(_film) { Season = 4 });

        Assert.Equal(4, (await ReadAnewAsync())?.Season);
    }

    [Fact]
    public async Task Whoever_removes_over_another_activation_is_refused_and_may_remove_then()
    {
        await Grain.SetAsync(new Title(_film));
        await WriteElsewhereAsync($$"""{"ContentId":"{{_film}}","Season":3}""");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.RemoveAsync());
        Assert.True(await Grain.RemoveAsync());

        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task A_title_first_written_elsewhere_while_it_was_known_to_be_unknown_is_not_written_over_unseen()
    {
        Assert.Null(await Grain.GetAsync());
        await shared.Cluster.DeactivateAsync(Grain);
        await Grain.SetAsync(new Title(_film) { Season = 1 });
        await shared.Cluster.DeactivateAsync(Grain);
        await DeleteElsewhereAsync();
        Assert.Null(await Grain.GetAsync());

        await Grain.SetAsync(new Title(_film) { Season = 2 });
        await DeleteElsewhereAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.SetAsync(new Title(_film) { Season = 3 }));
        Assert.Null(await Grain.GetAsync());
    }

    private async Task<Title?> ReadAnewAsync()
    {
        await shared.Cluster.DeactivateAsync(Grain);
        return await Grain.GetAsync();
    }

    private async Task<IReadOnlyList<string>> StoredAsync()
    {
        await using var command = shared.Cluster.Postgres.CreateCommand(
            $"select convert_from(PayloadBinary, 'UTF8') from OrleansStorage where {ThisFilm}");
        command.Parameters.Add(new() { Value = Key() });
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<string>();
        while (await reader.ReadAsync())
            stored.Add(reader.GetString(0));
        return stored;
    }

    private Task WriteElsewhereAsync(string document) =>
        ExecuteAsync($"update OrleansStorage set PayloadBinary = $2, Version = Version + 1 where {ThisFilm}", Encoding.UTF8.GetBytes(document));

    private Task DeleteElsewhereAsync() => ExecuteAsync($"delete from OrleansStorage where {ThisFilm}");

    private async Task ExecuteAsync(string sql, params object[] more)
    {
        await using var command = shared.Cluster.Postgres.CreateCommand(sql);
        foreach (var value in (object[])[Key(), .. more])
            command.Parameters.Add(new() { Value = value });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private const string ThisFilm = "GrainTypeString = 'title' and GrainIdN0 = $1";

    // The provider keeps a UUID as two numbers, of which the first is enough to tell random ones apart.
    private long Key() => BitConverter.ToInt64(_film.Value.ToByteArray(), 0);
}
