using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Grains.Tests;

/// <summary>What a silo remembers of the titles, each test with a catalogue and a clock of its own in front of real grains.</summary>
public sealed partial class TitleCatalogueTests : IClassFixture<TitleCatalogueTests.CountedCluster>, IDisposable
{
    private static readonly TimeSpan _instant = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new(GrainCluster.Now);
    private readonly TestLogs _logs = new();
    private readonly CatalogueOptions _options = new();
    private readonly CountedCluster _counted;
    private readonly TitleCatalogue _catalogue;
    private readonly ContentId _film = Viewer.NewTitle();

    public TitleCatalogueTests(CountedCluster counted)
    {
        _counted = counted;
        _catalogue = NewCatalogue();
    }

    private TitleCalls Calls => _counted.Calls;

    private ITitleGrain Grain => _counted.Cluster.Grains.GetTitle(_film);

    [Fact]
    public async Task A_title_is_asked_for_once_and_then_remembered()
    {
        await Grain.SetAsync(Film("film"));
        Assert.False(_catalogue.TryGet(_film, out _));

        Assert.Equal(Film("film"), await GetAsync());
        Assert.Equal(Film("film"), await GetAsync());

        Assert.True(_catalogue.TryGet(_film, out var title));
        Assert.Equal(Film("film"), title);
        Assert.Equal(1, Calls.CountOf(_film));
    }

    [Fact]
    public async Task That_a_title_is_unknown_is_remembered_too()
    {
        Assert.Null(await GetAsync());
        Assert.Null(await GetAsync());

        Assert.True(_catalogue.TryGet(_film, out var title));
        Assert.Null(title);
        Assert.Equal(1, Calls.CountOf(_film));
    }

    [Fact]
    public async Task A_change_is_seen_within_a_minute()
    {
        Assert.Null(await GetAsync());
        await Grain.SetAsync(Film("film"));

        _time.Advance((_options.Staleness / 2) - _instant);
        Assert.Null(await GetAsync());
        Assert.Equal(1, Calls.CountOf(_film));
        _time.Advance((_options.Staleness / 2) + _instant);
        Assert.False(_catalogue.TryGet(_film, out _));
        Assert.Equal(Film("film"), await GetAsync());

        await Grain.RemoveAsync();
        _time.Advance(_options.Staleness);
        Assert.Null(await GetAsync());
        Assert.Equal(3, Calls.CountOf(_film));
    }

    [Fact]
    public async Task The_minute_of_an_answer_that_took_long_begins_when_it_was_asked_for()
    {
        var gate = Calls.Hold(_film);
        var asking = GetAsync();
        await Calls.ArrivedAsync(_film);
        _time.Advance(TimeSpan.FromSeconds(1));
        gate.SetResult();
        await asking;

        _time.Advance(_options.Staleness - TimeSpan.FromSeconds(1));
        Assert.False(_catalogue.TryGet(_film, out _));
    }

    [Fact]
    public async Task Those_who_miss_a_title_together_share_one_call_and_who_gives_up_gives_up_alone()
    {
        await Grain.SetAsync(Film("film"));
        var gate = Calls.Hold(_film);
        using var givesUp = new CancellationTokenSource();

        var first = _catalogue.GetAsync(_film, givesUp.Token).AsTask();
        var others = Enumerable.Range(0, 20).Select(_ => GetAsync()).ToArray();
        var all = _catalogue.LoadAsync([_film, _film], CancellationToken.None).AsTask();
        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.DoesNotContain(others, other => other.IsCompleted);
        gate.SetResult();

        Assert.All(await Task.WhenAll(others), title => Assert.Equal(Film("film"), title));
        await all;
        Assert.Equal(1, Calls.CountOf(_film));
    }

    [Fact]
    public async Task Titles_are_loaded_all_at_once_and_those_remembered_are_not_asked_for()
    {
        await GetAsync();
        ContentId[] titles = [.. Enumerable.Range(0, 50).Select(_ => Viewer.NewTitle())];
        var gates = titles.Select(Calls.Hold).ToArray();

        var loading = _catalogue.LoadAsync([.. titles, _film], CancellationToken.None).AsTask();
        await Task.WhenAll(titles.Select(Calls.ArrivedAsync));
        Array.ForEach(gates, gate => gate.SetResult());
        await loading;

        Assert.All(titles, title => Assert.True(_catalogue.TryGet(title, out _)));
        Assert.Equal(1, Calls.CountOf(_film));
        Assert.True(_catalogue.LoadAsync(titles, CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    public static TheoryData<Exception> Outages =>
        [new StorageUnavailableException("Postgres is away."), new TimeoutException("No answer."), new OrleansException("No silo.")];

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task While_a_title_cannot_be_looked_up_it_is_unknown_for_five_seconds_at_a_time(Exception outage)
    {
        await Grain.SetAsync(Film("film"));
        Calls.Hold(_film).SetException(outage);

        Assert.Null(await GetAsync());
        _time.Advance(TimeSpan.FromSeconds(5) - _instant);
        Assert.Null(await GetAsync());
        Assert.Equal(1, Calls.CountOf(_film));
        _time.Advance(_instant);
        Assert.Null(await GetAsync());
        Assert.Equal(2, Calls.CountOf(_film));
        Calls.Hold(_film).SetResult();
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(Film("film"), await GetAsync());
        _time.Advance(_options.Staleness - _instant);
        Assert.True(_catalogue.TryGet(_film, out _));
        var lines = _logs.Take();
        Assert.Equal([LogLevel.Warning, LogLevel.Information], lines.Select(line => line.Level));
        Assert.Contains(outage.Message, lines[0].Message, StringComparison.Ordinal);
        Assert.Null(lines[0].Exception);
    }

    [Fact]
    public async Task While_a_title_cannot_be_looked_up_what_was_known_of_it_stands()
    {
        await Grain.SetAsync(Film("film"));
        await GetAsync();
        Calls.Hold(_film).SetException(new StorageUnavailableException("Postgres is away."));

        _time.Advance(_options.Staleness * 10);
        Assert.Equal(Film("film"), await GetAsync());
        _time.Advance(TimeSpan.FromSeconds(5) - _instant);
        Assert.True(_catalogue.TryGet(_film, out var title));
        Assert.Equal(Film("film"), title);
        _time.Advance(_instant);
        Assert.False(_catalogue.TryGet(_film, out _));
    }

    [Fact]
    public async Task A_row_does_not_wait_for_a_grain_that_does_not_answer()
    {
        Calls.Hold(_film);
        var asking = GetAsync();
        await Calls.ArrivedAsync(_film);

        // The call may arrive before the wait for it begins.
        while (!asking.IsCompleted)
        {
            _time.Advance(_options.Patience);
            await Task.Yield();
        }

        Assert.Null(await asking);
        Assert.True(_catalogue.TryGet(_film, out _));
    }

    [Fact]
    public async Task While_very_many_titles_are_being_asked_for_others_are_unknown_at_once_and_asked_for_later()
    {
        await Grain.SetAsync(Film("film"));
        ContentId[] titles = [.. Enumerable.Range(0, TitleCatalogue.MaxLoading).Select(_ => Viewer.NewTitle())];
        var gates = titles.Select(Calls.Hold).ToArray();
        var loading = _catalogue.LoadAsync(titles, CancellationToken.None).AsTask();

        var other = GetAsync();
        Assert.True(other.IsCompletedSuccessfully);
        Assert.Null(await other);
        Assert.Equal(0, Calls.CountOf(_film));
        Array.ForEach(gates, gate => gate.SetResult());
        await loading;

        Assert.Equal(Film("film"), await GetAsync());
    }

    [Fact]
    public async Task A_fault_of_ours_comes_out_and_is_not_remembered()
    {
        Calls.Hold(_film).SetException(new NotSupportedException("A bug."));
        await Assert.ThrowsAsync<NotSupportedException>(GetAsync);
        Assert.False(_catalogue.TryGet(_film, out _));

        Calls.Hold(_film).SetResult();
        Assert.Null(await GetAsync());
        Assert.Equal(2, Calls.CountOf(_film));
    }

    [Fact]
    public async Task No_more_titles_are_remembered_than_allowed_and_the_newest_are()
    {
        _options.MaxTitles = 100;
        var catalogue = NewCatalogue();
        ContentId[] titles = [.. Enumerable.Range(0, 500).Select(_ => Viewer.NewTitle())];

        foreach (var title in titles)
        {
            await catalogue.GetAsync(title, CancellationToken.None);
            Assert.InRange(catalogue.Count, 1, 100);
        }

        Assert.All(titles[^50..], title => Assert.True(catalogue.TryGet(title, out _)));
        Assert.False(catalogue.TryGet(titles[0], out _));
    }

    [Fact]
    public async Task A_title_that_is_refreshed_takes_no_more_room()
    {
        for (var time = 0; time < 10; time++)
        {
            await GetAsync();
            _time.Advance(_options.Staleness);
        }

        Assert.Equal(1, _catalogue.Count);
    }

    [Fact]
    public async Task What_is_remembered_is_found_without_allocating()
    {
        await GetAsync();
        await _catalogue.GetAsync(_film, CancellationToken.None); // compiled
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var time = 0; time < 1_000; time++)
        {
            // It stays on this thread: what is there is there at once.
            await _catalogue.GetAsync(_film, CancellationToken.None);
            _ = _catalogue.TryGet(_film, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task The_silo_that_stores_a_title_sees_it_at_once()
    {
        await Grain.GetAsync();
        var silo = _counted.Cluster.ActivationOf(Grain).ActivationServices.GetRequiredService<TitleCatalogue>();
        Assert.Null(await silo.GetAsync(_film, CancellationToken.None));

        await Grain.SetAsync(Film("film"));
        Assert.Equal(Film("film"), await silo.GetAsync(_film, CancellationToken.None));
        await Grain.RemoveAsync();
        Assert.Null(await silo.GetAsync(_film, CancellationToken.None));
    }

    public void Dispose() => _logs.Dispose();

    private Task<Title?> GetAsync() => _catalogue.GetAsync(_film, CancellationToken.None).AsTask();

    private Title Film(string kind) => new(_film) { Kind = kind };

    private TitleCatalogue NewCatalogue() => new(
        _counted.Cluster.Grains,
        Options.Create(_options),
        _time,
        LoggerFactory.Create(logging => logging.AddProvider(_logs)).CreateLogger<TitleCatalogue>());

    /// <summary>Silos in whose titles' way a test can stand.</summary>
    public sealed class CountedCluster : IAsyncLifetime
    {
        private GrainCluster? _cluster;

        public TitleCalls Calls { get; } = new();

        public GrainCluster Cluster => _cluster!;

        public async Task InitializeAsync() => _cluster = await GrainCluster.StartAsync(
            await TestPostgres.CreateDatabaseAsync(), services: services => services.AddSingleton<IIncomingGrainCallFilter>(Calls));

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
