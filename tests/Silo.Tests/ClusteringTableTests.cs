using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace ContinueWatching.Silo.Tests;

/// <summary>What Orleans' own clustering provider gets from our SQL, alone and in races.</summary>
public sealed class ClusteringTableTests(OrleansDatabase database) : IClassFixture<OrleansDatabase>, IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 7, 1, 20, 15, 0, DateTimeKind.Utc);

    private readonly string _cluster = $"cluster-{Guid.NewGuid():N}";
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;
    private IHost _host = null!;
    private IMembershipTable _table = null!;

    public async Task InitializeAsync()
    {
        _host = BuildSilo(_cluster);
        _table = _host.Services.GetRequiredService<IMembershipTable>();
        await _table.InitializeMembershipTableAsync(true);
    }

    public Task DisposeAsync()
    {
        _host.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task An_empty_table_has_version_0_whichever_way_it_is_read()
    {
        var all = await _table.ReadAllAsync();
        var one = await _table.ReadRowAsync(Silo(1).SiloAddress);

        Assert.Empty(all.Members);
        Assert.Empty(one.Members);
        Assert.Equal((0, 0), (all.Version.Version, one.Version.Version));
    }

    [Fact]
    public async Task Silos_that_start_at_once_create_one_version_row_and_a_later_start_keeps_it()
    {
        var cluster = $"cluster-{Guid.NewGuid():N}";
        var hosts = Enumerable.Range(0, 8).Select(_ => BuildSilo(cluster)).ToList();
        var tables = hosts.ConvertAll(host => host.Services.GetRequiredService<IMembershipTable>());
        await Task.WhenAll(tables.Select(table => table.InitializeMembershipTableAsync(true)));
        Assert.True(await tables[0].InsertRowAsync(Silo(1), (await tables[0].ReadAllAsync()).Version.Next()));

        await tables[1].InitializeMembershipTableAsync(true);

        Assert.Equal(1, (await tables[1].ReadAllAsync()).Version.Version);
        hosts.ForEach(host => host.Dispose());
    }

    [Fact]
    public async Task A_silo_reads_back_as_it_was_inserted()
    {
        var silo = Silo(1);

        Assert.True(await InsertAsync(silo));

        var (read, etag) = Assert.Single((await _table.ReadRowAsync(silo.SiloAddress)).Members);
        Assert.Equal("1", etag);
        Assert.Equal(silo.SiloAddress, read.SiloAddress);
        Assert.Equal((silo.SiloName, silo.HostName), (read.SiloName, read.HostName));
        Assert.Equal((silo.Status, silo.ProxyPort), (read.Status, read.ProxyPort));
        Assert.Equal((silo.StartTime, silo.IAmAliveTime), (read.StartTime, read.IAmAliveTime));
        Assert.Null(read.SuspectTimes);
    }

    [Fact]
    public async Task A_silo_with_an_ipv6_address_reads_back()
    {
        var silo = Silo(1);
        silo.SiloAddress = SiloAddress.New(IPAddress.Parse("2001:db8::17"), 11111, 42);

        Assert.True(await InsertAsync(silo));

        var (read, _) = Assert.Single((await _table.ReadRowAsync(silo.SiloAddress)).Members);
        Assert.Equal(silo.SiloAddress, read.SiloAddress);
    }

    [Fact]
    public async Task An_insert_from_a_stale_version_changes_nothing()
    {
        var stale = await VersionAsync();
        Assert.True(await InsertAsync(Silo(1)));

        Assert.False(await _table.InsertRowAsync(Silo(2), stale.Next()));

        await AssertTableAsync(version: 1, silos: 1);
    }

    [Fact]
    public async Task An_insert_of_a_silo_that_is_there_changes_nothing()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        silo.Status = SiloStatus.Dead;

        Assert.False(await InsertAsync(silo));

        await AssertTableAsync(version: 1, silos: 1);
        Assert.Equal(SiloStatus.Active, (await _table.ReadAllAsync()).Members[0].Item1.Status);
    }

    [Fact]
    public async Task An_update_changes_status_votes_and_heartbeat_with_the_version()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        silo.Status = SiloStatus.Dead;
        silo.IAmAliveTime = Start.AddMinutes(1);
        silo.SuspectTimes = [new(Silo(2).SiloAddress, Start.AddSeconds(30)), new(Silo(3).SiloAddress, Start.AddSeconds(31))];

        Assert.True(await UpdateAsync(silo));

        await AssertTableAsync(version: 2, silos: 1);
        var (read, _) = Assert.Single((await _table.ReadAllAsync()).Members);
        Assert.Equal(SiloStatus.Dead, read.Status);
        Assert.Equal(silo.IAmAliveTime, read.IAmAliveTime);
        Assert.Equal(silo.SuspectTimes, read.SuspectTimes);
    }

    [Fact]
    public async Task Votes_can_be_taken_back()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        silo.SuspectTimes = [new(Silo(2).SiloAddress, Start)];
        Assert.True(await UpdateAsync(silo));
        silo.SuspectTimes = [];

        Assert.True(await UpdateAsync(silo));

        Assert.Null((await _table.ReadAllAsync()).Members[0].Item1.SuspectTimes);
    }

    [Fact]
    public async Task An_update_from_a_stale_version_changes_nothing()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        var stale = await VersionAsync();
        Assert.True(await InsertAsync(Silo(2)));
        silo.Status = SiloStatus.Dead;

        Assert.False(await _table.UpdateRowAsync(silo, stale.VersionEtag, stale.Next()));

        await AssertTableAsync(version: 2, silos: 2);
        Assert.All((await _table.ReadAllAsync()).Members, member => Assert.Equal(SiloStatus.Active, member.Item1.Status));
    }

    [Fact]
    public async Task An_update_of_a_silo_that_is_not_there_leaves_the_version_as_it_was()
    {
        Assert.True(await InsertAsync(Silo(1)));

        Assert.False(await UpdateAsync(Silo(2)));

        await AssertTableAsync(version: 1, silos: 1);
    }

    [Fact]
    public async Task A_heartbeat_moves_its_silo_only_and_not_the_version()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        Assert.True(await InsertAsync(Silo(2)));
        silo.IAmAliveTime = Start.AddMinutes(5);

        await _table.UpdateIAmAliveAsync(silo);

        await AssertTableAsync(version: 2, silos: 2);
        Assert.Equal(silo.IAmAliveTime, (await _table.ReadRowAsync(silo.SiloAddress)).Members[0].Item1.IAmAliveTime);
        Assert.Equal(Start, (await _table.ReadRowAsync(Silo(2).SiloAddress)).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Of_many_silos_that_join_from_one_version_exactly_one_gets_in()
    {
        for (var round = 0; round < 25; round++)
        {
            var next = (await VersionAsync()).Next();
            var joined = await Task.WhenAll(
                Enumerable.Range(1, 8).Select(number => _table.InsertRowAsync(Silo(round * 8 + number), next)));

            Assert.Single(joined, won => won);
        }

        await AssertTableAsync(version: 25, silos: 25);
    }

    [Fact]
    public async Task One_silo_that_joins_many_times_at_once_gets_in_once()
    {
        for (var round = 0; round < 25; round++)
        {
            var next = (await VersionAsync()).Next();
            var joined = await Task.WhenAll(Enumerable.Range(1, 8).Select(_ => _table.InsertRowAsync(Silo(round), next)));

            Assert.Single(joined, won => won);
        }

        await AssertTableAsync(version: 25, silos: 25);
    }

    [Fact]
    public async Task Of_many_updates_from_one_version_exactly_one_wins_and_heartbeats_disturb_none()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        for (var round = 0; round < 25; round++)
        {
            var version = await VersionAsync();
            var updates = Enumerable.Range(1, 8).Select(number => _table.UpdateRowAsync(
                Silo(1, alive: Start.AddSeconds(number)), version.VersionEtag, version.Next())).ToList();
            var heartbeats = Enumerable.Range(1, 4).Select(
                number => _table.UpdateIAmAliveAsync(Silo(1, alive: Start.AddMinutes(number))));
            await Task.WhenAll(heartbeats);

            Assert.Single(await Task.WhenAll(updates), won => won);
        }

        await AssertTableAsync(version: 26, silos: 1);
    }

    [Fact]
    public async Task Mixed_writers_that_read_and_retry_lose_nothing()
    {
        var wins = await Task.WhenAll(Enumerable.Range(1, 6).Select(async number =>
        {
            while (!await InsertAsync(Silo(number)))
                _limit.ThrowIfCancellationRequested();
            var silo = Silo(number);
            for (var update = 0; update < 5; update++)
            {
                while (!await UpdateAsync(silo))
                    _limit.ThrowIfCancellationRequested();
                await _table.UpdateIAmAliveAsync(silo);
            }

            return 6;
        }));

        await AssertTableAsync(version: wins.Sum(), silos: 6);
    }

    [Fact]
    public async Task An_update_that_meets_a_heartbeat_under_way_waits_and_wins()
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var heartbeat = await OrleansDatabase.HoldAsync(
            other, "update OrleansMembershipTable set IAmAliveTime = $2 where DeploymentId = $1", _cluster, Start.AddMinutes(1));
        silo.Status = SiloStatus.Dead;

        var update = UpdateAsync(silo);
        await database.UntilBlockedAsync(other, _limit);
        await heartbeat.CommitAsync();

        Assert.True(await update);
        await AssertTableAsync(version: 2, silos: 1);
        Assert.Equal(SiloStatus.Dead, (await _table.ReadAllAsync()).Members[0].Item1.Status);
    }

    [Fact]
    public async Task An_update_that_meets_its_silos_cleanup_leaves_the_version_as_it_was()
    {
        var silo = Silo(1, SiloStatus.Dead);
        Assert.True(await InsertAsync(silo));
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var cleanup = await OrleansDatabase.HoldAsync(
            other, "delete from OrleansMembershipTable where DeploymentId = $1", _cluster);

        var update = UpdateAsync(silo);
        await database.UntilBlockedAsync(other, _limit);
        await cleanup.CommitAsync();

        Assert.False(await update);
        await AssertTableAsync(version: 1, silos: 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_meets_another_under_way_goes_by_how_that_one_ends(bool committed)
    {
        var silo = Silo(1);
        Assert.True(await InsertAsync(silo));
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var write = await OrleansDatabase.HoldAsync(
            other, "update OrleansMembershipVersionTable set Version = Version + 1 where DeploymentId = $1", _cluster);

        var insert = InsertAsync(Silo(2));
        await database.UntilBlockedAsync(other, _limit);
        await (committed ? write.CommitAsync() : write.RollbackAsync());

        Assert.Equal(!committed, await insert);
        await AssertTableAsync(version: 2, silos: committed ? 1 : 2);
    }

    [Fact]
    public async Task Clients_see_the_gateways_of_active_silos_only()
    {
        Assert.True(await InsertAsync(Silo(1)));
        Assert.True(await InsertAsync(Silo(2, SiloStatus.Dead)));
        Assert.True(await InsertAsync(Silo(3, SiloStatus.Joining)));
        var withoutGateway = Silo(4);
        withoutGateway.ProxyPort = 0;
        Assert.True(await InsertAsync(withoutGateway));
        using var client = BuildClient();
        var gateways = client.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();

        var gateway = Assert.Single(await gateways.GetGateways());

        Assert.Equal(30001, gateway.Port);
    }

    [Fact]
    public async Task The_cleanup_removes_only_dead_silos_that_are_old_in_every_way()
    {
        var old = Start;
        var young = Start.AddDays(2);
        Assert.True(await InsertAsync(Silo(1, SiloStatus.Dead, old)));
        Assert.True(await InsertAsync(Silo(2, SiloStatus.Dead, young)));
        Assert.True(await InsertAsync(Silo(3, SiloStatus.Active, old)));
        Assert.True(await InsertAsync(Silo(4, SiloStatus.ShuttingDown, old)));
        var votedLately = Silo(5, SiloStatus.Dead, old);
        Assert.True(await InsertAsync(votedLately));
        votedLately.SuspectTimes = [new(Silo(3).SiloAddress, young)];
        Assert.True(await UpdateAsync(votedLately));
        var votedLongAgo = Silo(6, SiloStatus.Dead, old);
        Assert.True(await InsertAsync(votedLongAgo));
        votedLongAgo.SuspectTimes = [new(Silo(3).SiloAddress, old)];
        Assert.True(await UpdateAsync(votedLongAgo));
        var acquitted = Silo(7, SiloStatus.Dead, old);
        Assert.True(await InsertAsync(acquitted));
        acquitted.SuspectTimes = [];
        Assert.True(await UpdateAsync(acquitted));
        var version = (await VersionAsync()).Version;

        await _table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Start.AddDays(1)));

        var left = (await _table.ReadAllAsync()).Members.Select(member => member.Item1.SiloAddress.Generation);
        Assert.Equal([2, 3, 4, 5], left.Order());
        Assert.Equal(version, (await VersionAsync()).Version);
    }

    [Fact]
    public async Task The_cleanup_of_a_provider_without_the_newer_query_spares_the_living_too()
    {
        Assert.True(await InsertAsync(Silo(1, SiloStatus.Dead)));
        Assert.True(await InsertAsync(Silo(2, SiloStatus.Dead, Start.AddDays(2))));
        Assert.True(await InsertAsync(Silo(3)));
        var sql = await database.ScalarAsync<string>(
            "select QueryText from OrleansQuery where QueryKey = 'CleanupDefunctSiloEntriesKey'");
        await using var command = database.DataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("DeploymentId", _cluster);
        command.Parameters.AddWithValue("IAmAliveTime", Start.AddDays(1));

        Assert.Equal(1, await command.ExecuteNonQueryAsync());

        await AssertTableAsync(version: 3, silos: 2);
    }

    [Fact]
    public async Task Deleting_a_clusters_entries_leaves_nothing_of_it_and_other_clusters_alone()
    {
        var other = $"cluster-{Guid.NewGuid():N}";
        using var otherHost = BuildSilo(other);
        var otherTable = otherHost.Services.GetRequiredService<IMembershipTable>();
        await otherTable.InitializeMembershipTableAsync(true);
        Assert.True(await otherTable.InsertRowAsync(Silo(1), (await otherTable.ReadAllAsync()).Version.Next()));
        Assert.True(await InsertAsync(Silo(1)));

        await _table.DeleteMembershipTableEntriesAsync(_cluster);

        Assert.Equal(0L, await CountAsync("OrleansMembershipTable"));
        Assert.Equal(0L, await CountAsync("OrleansMembershipVersionTable"));
        Assert.Single((await otherTable.ReadAllAsync()).Members);
    }

    [Fact]
    public async Task A_silo_that_joins_while_its_cluster_is_deleted_goes_with_it()
    {
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var joining = await OrleansDatabase.HoldAsync(
            other,
            """
            with raised as (
              update OrleansMembershipVersionTable set Version = Version + 1 where DeploymentId = $1 returning DeploymentId
            )
            insert into OrleansMembershipTable
            select DeploymentId, '127.0.0.1', 1, 1, 's', 'h', 3, 0, null, now(), now() from raised
            """,
            _cluster);

        var delete = _table.DeleteMembershipTableEntriesAsync(_cluster);
        await database.UntilBlockedAsync(other, _limit);
        await joining.CommitAsync();
        await delete;

        Assert.Equal(0L, await CountAsync("OrleansMembershipTable"));
        Assert.Equal(0L, await CountAsync("OrleansMembershipVersionTable"));
    }

    [Theory]
    [InlineData("OrleansMembershipTable", "IAmAliveTime = now()")]
    [InlineData("OrleansMembershipTable", "Status = 6, SuspectTimes = 'votes'")]
    [InlineData("OrleansMembershipVersionTable", "Version = Version + 1, Timestamp = now()")]
    public async Task An_update_touches_no_index(string table, string change)
    {
        Assert.True(await InsertAsync(Silo(1)));

        await database.AssertHotAsync(table, $"update {table} set {change} where DeploymentId = $1", _cluster);
    }

    private IHost BuildSilo(string cluster)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, "continue-watching"))
            .UseAdoNetClustering(options => (options.Invariant, options.DataSource) = ("Npgsql", database.DataSource)));
        return builder.Build();
    }

    private IHost BuildClient()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (_cluster, "continue-watching"))
            .UseAdoNetClustering(options => (options.Invariant, options.DataSource) = ("Npgsql", database.DataSource)));
        return builder.Build();
    }

    private static MembershipEntry Silo(int number, SiloStatus status = SiloStatus.Active, DateTime? alive = null) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 20000 + number, number),
        SiloName = $"silo-{number}",
        HostName = "host",
        Status = status,
        ProxyPort = 30000 + number,
        StartTime = Start,
        IAmAliveTime = alive ?? Start,
    };

    private async Task<TableVersion> VersionAsync() => (await _table.ReadAllAsync()).Version;

    private async Task<bool> InsertAsync(MembershipEntry silo) => await _table.InsertRowAsync(silo, (await VersionAsync()).Next());

    private async Task<bool> UpdateAsync(MembershipEntry silo)
    {
        var version = await VersionAsync();
        return await _table.UpdateRowAsync(silo, version.VersionEtag, version.Next());
    }

    private async Task AssertTableAsync(int version, int silos)
    {
        var table = await _table.ReadAllAsync();
        Assert.Equal((version, silos), (table.Version.Version, table.Members.Count));
    }

    private Task<long> CountAsync(string table) =>
        database.ScalarAsync<long>($"select count(*) from {table} where DeploymentId = $1", _cluster);
}
