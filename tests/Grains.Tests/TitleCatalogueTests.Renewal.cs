using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>What is being watched is looked up anew before its time is up.</summary>
public sealed partial class TitleCatalogueTests
{
    [Fact]
    public async Task A_title_that_is_being_watched_is_looked_up_anew_meanwhile_and_nobody_waits_for_it()
    {
        await Grain.SetAsync(Film("old"));
        await GetAsync();
        await Grain.SetAsync(Film("new"));
        var gate = Calls.Hold(_film);

        _time.Advance(_options.Staleness / 2);
        for (var beat = 0; beat < 10; beat++)
        {
            Assert.True(_catalogue.TryGet(_film, out var known));
            Assert.Equal(Film("old"), known);
        }

        await Calls.ArrivedAsync(_film);
        gate.SetResult();
        await UntilAsync(() => _catalogue.TryGet(_film, out var title) && title == Film("new"));
        Assert.Equal(2, Calls.CountOf(_film));

        // Its minute has begun anew.
        _time.Advance((_options.Staleness / 2) + _instant);
        Assert.True(_catalogue.TryGet(_film, out _));
    }

    [Fact]
    public async Task A_title_that_cannot_be_looked_up_anew_stands_for_its_minute_and_is_looked_up_every_five_seconds()
    {
        await Grain.SetAsync(Film("old"));
        await GetAsync();
        await Grain.SetAsync(Film("new"));
        Calls.Hold(_film).SetException(new StorageUnavailableException("Postgres is away."));

        _time.Advance(_options.Staleness / 2);
        for (var call = 2; call <= 4; call++)
        {
            Assert.True(_catalogue.TryGet(_film, out var known));
            Assert.Equal(Film("old"), known);
            await UntilAsync(() => Calls.CountOf(_film) == call && !_catalogue.IsLoading);
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Calls.Hold(_film).SetResult();
        await UntilAsync(() => _catalogue.TryGet(_film, out var title) && title == Film("new"));
        Assert.Equal(5, Calls.CountOf(_film));
    }

    [Fact]
    public async Task What_could_not_be_looked_up_anew_is_not_answered_beyond_its_minute()
    {
        await GetAsync();
        Calls.Hold(_film).SetException(new StorageUnavailableException("Postgres is away."));
        _time.Advance(_options.Staleness - _instant);
        Assert.True(_catalogue.TryGet(_film, out _));
        await UntilAsync(() => Calls.CountOf(_film) == 2 && !_catalogue.IsLoading);

        _time.Advance(_instant);
        Assert.False(_catalogue.TryGet(_film, out _));
    }

    [Fact]
    public async Task A_title_is_looked_up_anew_once_there_is_room_again()
    {
        await GetAsync();
        await Grain.SetAsync(Film("film"));
        ContentId[] titles = [.. Enumerable.Range(0, TitleCatalogue.MaxLoading).Select(_ => Viewer.NewTitle())];
        var gates = titles.Select(Calls.Hold).ToArray();
        var loading = _catalogue.LoadAsync(titles, CancellationToken.None).AsTask();

        _time.Advance(_options.Staleness / 2);
        Assert.True(_catalogue.TryGet(_film, out _));
        Assert.Equal(1, Calls.CountOf(_film));
        Array.ForEach(gates, gate => gate.SetResult());
        await loading;

        _time.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(() => _catalogue.TryGet(_film, out var title) && title == Film("film"));
        Assert.Equal(2, Calls.CountOf(_film));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_stored_while_a_question_is_under_way_is_newer_than_its_answer(bool fails)
    {
        var gate = Calls.Hold(_film);
        var asking = GetAsync();
        await Calls.ArrivedAsync(_film);
        _time.Advance(_instant);
        _catalogue.Remember(_film, Film("stored"));
        if (fails)
        {
            gate.SetException(new StorageUnavailableException("Postgres is away."));
        }
        else
        {
            gate.SetResult();
        }

        Assert.Equal(Film("stored"), await asking);
        Assert.Equal(Film("stored"), await GetAsync());
        Assert.Equal(1, Calls.CountOf(_film));
        _time.Advance(_options.Staleness - _instant);
        Assert.True(_catalogue.TryGet(_film, out _));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
