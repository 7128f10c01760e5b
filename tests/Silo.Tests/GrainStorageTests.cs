using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;

namespace ContinueWatching.Silo.Tests;

/// <summary>What Orleans' own grain storage provider gets from our SQL, alone and in races.</summary>
public sealed class GrainStorageTests(OrleansDatabase database) : IClassFixture<OrleansDatabase>, IAsyncLifetime
{
    private const string Keeping = "keeping";
    private const string Deleting = "deleting";
    private const string State = "title";

    private readonly string _service = $"service-{Guid.NewGuid():N}";
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;
    private readonly List<IHost> _hosts = [];
    private IGrainStorage _storage = null!;
    private IGrainStorage _deleting = null!;

    public async Task InitializeAsync()
    {
        (_storage, _deleting) = await BuildAsync(_service);
    }

    public Task DisposeAsync()
    {
        _hosts.ForEach(host => host.Dispose());
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_title_never_written_does_not_exist()
    {
        var state = await ReadAsync(Title());

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Null(state.State!.Name);
    }

    [Fact]
    public async Task What_was_written_reads_back_with_its_etag()
    {
        var title = Title();
        var written = await WriteAsync(title, "Metropolis");

        var read = await ReadAsync(title);

        Assert.True(read.RecordExists);
        Assert.Equal("Metropolis", read.State!.Name);
        Assert.Equal(written.ETag, read.ETag);
    }

    [Fact]
    public async Task Each_write_answers_the_next_etag()
    {
        var state = await WriteAsync(Title(), "0", out var title);
        var first = int.Parse(state.ETag!, CultureInfo.InvariantCulture);
        for (var write = 1; write <= 5; write++)
        {
            state.State!.Name = $"{write}";
            await _storage.WriteStateAsync(State, title, state);

            Assert.Equal($"{first + write}", state.ETag);
        }

        Assert.Equal("5", (await ReadAsync(title)).State!.Name);
    }

    [Fact]
    public async Task A_write_with_an_old_etag_is_a_conflict_and_changes_nothing()
    {
        var state = await WriteAsync(Title(), "first", out var title);
        var stale = await ReadAsync(title);
        await _storage.WriteStateAsync(State, title, state);
        stale.State!.Name = "stale";

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(State, title, stale));

        var read = await ReadAsync(title);
        Assert.Equal(("first", state.ETag), (read.State!.Name, read.ETag));
    }

    [Fact]
    public async Task A_write_with_an_etag_of_a_title_that_is_not_there_is_a_conflict_and_leaves_no_row()
    {
        var title = Title();

        await Assert.ThrowsAsync<InconsistentStateException>(
            () => _storage.WriteStateAsync(State, title, new GrainState<Document>(new(), "7")));

        Assert.False((await ReadAsync(title)).RecordExists);
    }

    [Fact]
    public async Task A_first_write_of_a_title_that_is_there_is_a_conflict_and_changes_nothing()
    {
        await WriteAsync(Title(), "first", out var title);

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(title, "second"));

        Assert.Equal("first", (await ReadAsync(title)).State!.Name);
    }

    [Fact]
    public async Task A_first_write_race_has_one_winner_and_one_row()
    {
        for (var round = 0; round < 200; round++)
        {
            var title = Title();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(
                writer => TryAsync(() => WriteAsync(title, $"{writer}"))));

            var winner = Assert.Single(Enumerable.Range(0, 4), writer => outcomes[writer]);
            Assert.Equal($"{winner}", (await ReadAsync(title)).State!.Name);
        }

        Assert.Equal(200L, await RowsAsync());
    }

    [Fact]
    public async Task Of_many_updates_with_one_etag_exactly_one_wins()
    {
        await WriteAsync(Title(), "start", out var title);
        for (var round = 0; round < 50; round++)
        {
            var etag = (await ReadAsync(title)).ETag;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => TryAsync(
                () => _storage.WriteStateAsync(State, title, new GrainState<Document>(new() { Name = $"{writer}" }, etag)))));

            var winner = Assert.Single(Enumerable.Range(0, 4), writer => outcomes[writer]);
            Assert.Equal($"{winner}", (await ReadAsync(title)).State!.Name);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_first_write_that_meets_a_deletion_under_way_goes_by_how_that_one_ends(bool committed)
    {
        await WriteAsync(Title(), "first", out var title);
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var delete = await OrleansDatabase.HoldAsync(
            other, "delete from OrleansStorage where ServiceId = $1", _service);

        var write = TryAsync(() => WriteAsync(title, "second"));
        await database.UntilBlockedAsync(other, _limit);
        await (committed ? delete.CommitAsync() : delete.RollbackAsync());

        Assert.Equal(committed, await write);
        Assert.Equal(committed ? "second" : "first", (await ReadAsync(title)).State!.Name);
    }

    [Fact]
    public async Task A_cleared_title_does_not_exist_and_is_written_again_with_the_etag_of_the_clearing()
    {
        var state = await WriteAsync(Title(), "first", out var title);
        var stale = await ReadAsync(title);

        await _storage.ClearStateAsync(State, title, state);

        var read = await ReadAsync(title);
        Assert.False(read.RecordExists);
        Assert.Equal(state.ETag, read.ETag);
        Assert.Null(read.State!.Name);
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(State, title, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(title, "without etag"));
        read.State!.Name = "again";
        await _storage.WriteStateAsync(State, title, read);
        Assert.Equal("again", (await ReadAsync(title)).State!.Name);
        Assert.Equal(1L, await RowsAsync());
    }

    [Fact]
    public async Task A_title_can_be_cleared_twice()
    {
        var state = await WriteAsync(Title(), "first", out var title);
        await _storage.ClearStateAsync(State, title, state);

        await _storage.ClearStateAsync(State, title, state);

        Assert.False((await ReadAsync(title)).RecordExists);
    }

    [Theory]
    [InlineData(Keeping)]
    [InlineData(Deleting)]
    public async Task Clearing_with_an_old_etag_is_a_conflict_and_clears_nothing(string provider)
    {
        var state = await WriteAsync(Title(), "first", out var title);
        var stale = await ReadAsync(title);
        await _storage.WriteStateAsync(State, title, state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage(provider).ClearStateAsync(State, title, stale));

        Assert.Equal("first", (await ReadAsync(title)).State!.Name);
    }

    [Theory]
    [InlineData(Keeping)]
    [InlineData(Deleting)]
    public async Task Clearing_a_title_never_written_does_nothing(string provider)
    {
        await Storage(provider).ClearStateAsync(State, Title(), new GrainState<Document>(new()));

        Assert.Equal(0L, await RowsAsync());
    }

    [Theory]
    [InlineData(Keeping)]
    [InlineData(Deleting)]
    public async Task A_clearing_and_a_write_with_one_etag_have_one_winner(string provider)
    {
        for (var round = 0; round < 25; round++)
        {
            await WriteAsync(Title(), "first", out var title);
            var (clearing, writing) = (await ReadAsync(title), await ReadAsync(title));

            var outcomes = await Task.WhenAll(
                TryAsync(() => Storage(provider).ClearStateAsync(State, title, clearing)),
                TryAsync(() => _storage.WriteStateAsync(State, title, writing)));

            Assert.Single(outcomes, won => won);
            Assert.Equal(outcomes[1], (await ReadAsync(title)).RecordExists);
        }
    }

    [Fact]
    public async Task DeleteStateOnClear_removes_the_row()
    {
        var state = await WriteAsync(Title(), "first", out var title);

        await _deleting.ClearStateAsync(State, title, state);

        Assert.Null(state.ETag);
        Assert.Equal(0L, await RowsAsync());
        state.State!.Name = "again";
        await _deleting.WriteStateAsync(State, title, state);
        Assert.Equal("again", (await ReadAsync(title)).State!.Name);
    }

    [Fact]
    public async Task A_forgotten_activations_etag_does_not_fit_a_row_that_was_deleted_and_came_back()
    {
        var state = await WriteAsync(Title(), "first", out var title);
        var forgotten = await ReadAsync(title);
        await _deleting.ClearStateAsync(State, title, state);
        await WriteAsync(title, "again");

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync(State, title, forgotten));

        Assert.Equal("again", (await ReadAsync(title)).State!.Name);
    }

    [Fact]
    public async Task Key_extension_state_name_and_service_keep_rows_apart()
    {
        var id = Guid.NewGuid();
        var titles = new[] { Title(id), Title(id, "a"), Title(id, "A"), Title(Guid.NewGuid()) };
        var other = (await BuildAsync($"service-{Guid.NewGuid():N}")).Storage;
        foreach (var title in titles)
        {
            await WriteAsync(title, $"{title}");
            await other.WriteStateAsync(State, title, new GrainState<Document>(new() { Name = $"other {title}" }));
            await _storage.WriteStateAsync("notes", title, new GrainState<Document>(new() { Name = $"notes {title}" }));
        }

        foreach (var title in titles)
        {
            Assert.Equal($"{title}", (await ReadAsync(title)).State!.Name);
            await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(title, "once more"));
        }

        Assert.Equal(8L, await RowsAsync());
    }

    [Fact]
    public async Task An_update_touches_no_index()
    {
        await WriteAsync(Title(), "first");

        await database.AssertHotAsync(
            "OrleansStorage",
            "update OrleansStorage set Version = Version + 1, ModifiedOn = now(), PayloadBinary = '' where ServiceId = $1",
            _service);
    }

    // The providers load their queries at a stage of the silo's life; a lifecycle of their own does without the silo.
    private async Task<(IGrainStorage Storage, IGrainStorage Deleting)> BuildAsync(string service)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(serviceId: service)
            .ConfigureServices(services => services.AddSingleton<IGrainStorageSerializer, SystemTextJsonGrainStorageSerializer>())
            .AddAdoNetGrainStorage(Keeping, options => (options.Invariant, options.DataSource) = ("Npgsql", database.DataSource))
            .AddAdoNetGrainStorage(Deleting, options =>
                (options.Invariant, options.DataSource, options.DeleteStateOnClear) = ("Npgsql", database.DataSource, true)));
        var host = builder.Build();
        _hosts.Add(host);
        var lifecycle = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        var (keeping, deleting) = (Resolve(Keeping), Resolve(Deleting));
        await lifecycle.OnStart(_limit);
        return (keeping, deleting);

        IGrainStorage Resolve(string name)
        {
            var storage = host.Services.GetRequiredKeyedService<IGrainStorage>(name);
            ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
            return storage;
        }
    }

    private IGrainStorage Storage(string provider) => provider == Keeping ? _storage : _deleting;

    private static GrainId Title() => Title(Guid.NewGuid());

    private static GrainId Title(Guid id, string? extension = null) => GrainId.Create(
        GrainType.Create("title"),
        extension is null ? GrainIdKeyExtensions.CreateGuidKey(id) : GrainIdKeyExtensions.CreateGuidKey(id, extension));

    private Task<GrainState<Document>> WriteAsync(GrainId title, string name, out GrainId written)
    {
        written = title;
        return WriteAsync(title, name);
    }

    private async Task<GrainState<Document>> WriteAsync(GrainId title, string name)
    {
        var state = new GrainState<Document>(new() { Name = name });
        await _storage.WriteStateAsync(State, title, state);
        return state;
    }

    private async Task<GrainState<Document>> ReadAsync(GrainId title)
    {
        var state = new GrainState<Document>(new());
        await _storage.ReadStateAsync(State, title, state);
        return state;
    }

    private static async Task<bool> TryAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (InconsistentStateException)
        {
            // The conflict is the outcome in question; any other failure fails the test.
            return false;
        }
    }

    private Task<long> RowsAsync() =>
        database.ScalarAsync<long>("select count(*) from OrleansStorage where ServiceId = $1", _service);

    public sealed class Document
    {
        public string? Name { get; set; }
    }
}
