using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>The catalogue's titles, one by one, in Postgres.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class TitleGrainTests(SharedCluster shared)
{
    private readonly ContentId _film = Viewer.NewTitle();

    private ITitleGrain Grain => shared.Cluster.Grains.GetTitle(_film);

    [Fact]
    public async Task A_title_nobody_has_set_is_unknown()
    {
        Assert.Null(await Grain.GetAsync());
        Assert.False(await Grain.RemoveAsync());
    }

    [Fact]
    public async Task A_title_that_was_set_is_there_and_in_Postgres()
    {
        var title = Whole(_film);

        await Grain.SetAsync(title);

        Assert.Equal(title, await Grain.GetAsync());
        await SleepAsync();
        Assert.Equal(title, await Grain.GetAsync());
    }

    [Fact]
    public async Task A_title_of_which_nothing_is_known_but_that_it_is_there_is_there()
    {
        await Grain.SetAsync(new Title(_film));

        await SleepAsync();
        Assert.Equal(new Title(_film), await Grain.GetAsync());
    }

    [Fact]
    public async Task A_title_that_is_set_again_is_replaced_whole()
    {
        await Grain.SetAsync(Whole(_film));
        await Grain.SetAsync(new Title(_film) { Kind = "film" });

        Assert.Equal(new Title(_film) { Kind = "film" }, await Grain.GetAsync());
        await SleepAsync();
        Assert.Equal(new Title(_film) { Kind = "film" }, await Grain.GetAsync());
    }

    [Fact]
    public async Task A_title_that_was_removed_is_gone_and_may_come_back()
    {
        await Grain.SetAsync(Whole(_film));

        Assert.True(await Grain.RemoveAsync());
        Assert.False(await Grain.RemoveAsync());
        Assert.Null(await Grain.GetAsync());
        await SleepAsync();
        Assert.Null(await Grain.GetAsync());
        await Grain.SetAsync(new Title(_film) { Season = 1 });
        await SleepAsync();
        Assert.Equal(1, (await Grain.GetAsync())?.Season);
    }

    [Fact]
    public async Task Times_are_kept_in_whole_milliseconds_from_the_first_moment()
    {
        var duration = TimeSpan.FromMilliseconds(1500);
        await Grain.SetAsync(new Title(_film) { Duration = duration + TimeSpan.FromTicks(1) });

        Assert.Equal(duration, (await Grain.GetAsync())?.Duration);
    }

    [Fact]
    public async Task A_title_with_a_fault_is_refused()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => Grain.SetAsync(new Title(_film) { Kind = "Film" }));

        Assert.Contains("kind was", refused.Message, StringComparison.Ordinal);
        Assert.Null(await Grain.GetAsync());
    }

    [Fact]
    public async Task Another_title_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Grain.SetAsync(new Title(Viewer.NewTitle())));

        Assert.Null(await Grain.GetAsync());
    }

    private static Title Whole(ContentId id) => new(id)
    {
        Duration = TimeSpan.FromMilliseconds(5_400_001),
        CreditsStart = TimeSpan.FromMinutes(85),
        SeriesId = SeriesId.Parse("a~series"),
        Season = 2,
        Episode = 0,
        NextContentId = Viewer.NewTitle(),
        Kind = "episode",
    };

    private Task SleepAsync() => shared.Cluster.DeactivateAsync(Grain);
}
