using ContinueWatching.Contracts;
using ContinueWatching.Standalone;

namespace ContinueWatching.Grains.Tests;

/// <summary>The catalogue's titles while Postgres is away.</summary>
public sealed class TitleOutageTests(OutageTests.OwnServer own) : IClassFixture<OutageTests.OwnServer>
{
    private readonly ContentId _film = Viewer.NewTitle();

    private ITitleGrain Grain => own.Cluster.Grains.GetTitle(_film);

    [Fact]
    public async Task Titles_in_memory_are_read_and_others_and_writes_are_refused_until_it_is_back()
    {
        var other = own.Cluster.Grains.GetTitle(Viewer.NewTitle());
        await Grain.SetAsync(new Title(_film) { Season = 1 });
        await own.Server.StopAsync(PostgresStopMode.Fast);
        try
        {
            Assert.Equal(1, (await Grain.GetAsync())?.Season);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => other.GetAsync());
            await Assert.ThrowsAsync<StorageUnavailableException>(() => other.RemoveAsync());
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.SetAsync(new Title(_film) { Season = 2 }));

            // What became of the write nobody knows, so that nothing is left in memory.
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.GetAsync());
        }
        finally
        {
            await own.Server.StartAgainAsync();
            own.Cluster.Postgres.Clear();
        }

        Assert.Equal(1, (await RepeatAsync(() => Grain.GetAsync()))?.Season);
        Assert.Null(await RepeatAsync(() => other.GetAsync()));
        await RepeatAsync(async () => { await Grain.SetAsync(new Title(_film) { Season = 2 }); return true; });
        await own.Cluster.DeactivateAsync(Grain);
        Assert.Equal(2, (await RepeatAsync(() => Grain.GetAsync()))?.Season);
    }

    // As callers do. The silos' pools hold connections to the server of before, each of which costs a try.
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (StorageUnavailableException) when (attempt < 100)
            {
            }
        }
    }
}
