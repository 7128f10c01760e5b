using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Silo.Tests;

/// <summary>The silo as it is deployed: the real executable, told by its environment, heard by its lines and exit code.</summary>
public sealed class SiloProcessTests
{
    [Fact]
    public async Task Migrate_only_makes_the_schema_and_may_be_repeated()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();

        await using var first = MigrateOnly(database.ConnectionString);
        Assert.True(await first.ExitAsync() == 0, first.Said);
        await using var second = MigrateOnly(database.ConnectionString);
        Assert.True(await second.ExitAsync() == 0, second.Said);

        await second.LineAsync("The schema is up to date; migrations applied: 0");
        await using var registers = database.DataSource.CreateCommand("select count(*) from resume");
        Assert.Equal(0L, await registers.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Migrate_only_says_in_one_line_that_it_was_told_no_database()
    {
        await using var process = MigrateOnly(postgres: null);

        await FailsAsync(process, "The schema was not brought up to date: ConnectionStrings:Postgres is not set.");
    }

    [Fact]
    public async Task Migrate_only_says_in_one_line_that_there_is_no_database()
    {
        var port = ServiceProcess.FreePorts(1)[0];
        await using var process = MigrateOnly($"Host=127.0.0.1;Port={port};Database=none;Username=nobody;Password=secret");

        await FailsAsync(process, $"The schema was not brought up to date: Failed to connect to 127.0.0.1:{port}");
    }

    [Fact]
    public async Task A_silo_that_was_told_no_database_does_not_start()
    {
        await using var process = new SiloSetup().Start();

        await FailsAsync(process, "Not started: ConnectionStrings:Postgres is not set.");
    }

    [Fact]
    public async Task A_silo_without_its_database_does_not_start()
    {
        var port = ServiceProcess.FreePorts(1)[0];
        await using var process = new SiloSetup
        {
            ["ConnectionStrings__Postgres"] = $"Host=127.0.0.1;Port={port};Database=none;Username=nobody;Password=secret",
        }.Start();

        await FailsAsync(process, $"Not started: Failed to connect to 127.0.0.1:{port}");
    }

    [Fact]
    public async Task A_silo_does_not_start_on_a_database_that_may_lose_what_it_acknowledged()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        var forgetful = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c synchronous_commit=off" };
        await using var process = new SiloSetup { ["ConnectionStrings__Postgres"] = forgetful.ConnectionString }.Start();

        await FailsAsync(process, "Not started: Postgres runs with synchronous_commit = off");
    }

    [Theory]
    [InlineData("Cluster__AdvertisedAddress", "silo-1", "AdvertisedAddress was silo-1; allowed: an IP address, or nothing.")]
    [InlineData("Cluster__SiloPort", "70000", "SiloPort must be between 1 and 65535")]
    [InlineData("Catalogue__Staleness", "00:00:00", "Staleness must be between 00:00:01 and 01:00:00")]
    [InlineData("Catalogue__MaxTitles", "99", "MaxTitles must be between 100 and 10000000")]
    [InlineData("Catalogue__Patience", "0", "Patience must be between 00:00:00.1000000 and 00:00:30")]
    [InlineData("Storage__CommitLanes", "0", "CommitLanes must be between 1 and 32")]
    [InlineData("Storage__CommandTimeout", "00:00:00", "CommandTimeout must be between 00:00:01 and 00:01:00")]
    [InlineData("Watch__CompletionTailFraction", "0.9", "CompletionTailFraction must be between 0 and 0.5")]
    [InlineData("Watch__ReportInterval", "soon", "soon")]
    public async Task A_silo_told_nonsense_does_not_start(string name, string value, string complaint)
    {
        await using var process = new SiloSetup
        {
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Database=never-asked;Username=nobody",
            [name] = value,
        }.Start();

        await FailsAsync(process, complaint);
    }

    [Fact]
    public async Task A_silo_whose_address_is_none_does_not_start()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var process = new SiloSetup
        {
            ["ConnectionStrings__Postgres"] = database.ConnectionString,
            ["urls"] = "127.0.0.1:8081",
        }.Start();

        await FailsAsync(process, "Not started: Invalid url: '127.0.0.1:8081'");
    }

    [Fact]
    public async Task A_silo_told_to_stop_while_its_database_keeps_it_waiting_ends_well()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var process = new SiloSetup
        {
            ["ConnectionStrings__Postgres"] = $"Host=127.0.0.1;Port={port};Username=somebody;Timeout=300",
        }.Start();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var waiting = await silent.AcceptTcpClientAsync(patience.Token);

        process.Signal(Signals.Terminate);

        Assert.True(await process.ExitAsync() == 0, process.Said);
        Assert.DoesNotContain("   at ", process.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_whose_health_port_is_taken_does_not_start_and_is_not_left_in_the_cluster()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var process = new SiloSetup
        {
            ["ConnectionStrings__Postgres"] = database.ConnectionString,
            ["urls"] = $"http://{other.LocalEndpoint}",
        }.Start();

        await FailsAsync(process, $"Not started: Failed to bind to address http://{other.LocalEndpoint}: address already in use");
        await using var member = database.DataSource.CreateCommand("select Status from OrleansMembershipTable");
        Assert.True(await member.ExecuteScalarAsync() is null or (int)SiloStatus.Dead);
    }

    [Fact]
    public async Task A_silo_is_ready_while_its_database_answers_and_leaves_its_cluster_when_told_to_stop()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        var setup = new SiloSetup { ["ConnectionStrings__Postgres"] = database.ConnectionString };
        await using var silo = setup.Start();

        await silo.AnswersAsync(setup.Live);
        await silo.AnswersAsync(setup.Ready);

        await server.StopAsync(Standalone.PostgresStopMode.Fast);
        await silo.AnswersAsync(setup.Ready, HttpStatusCode.ServiceUnavailable);
        await silo.AnswersAsync(setup.Live);
        await server.StartAgainAsync();
        await silo.AnswersAsync(setup.Ready);

        silo.Signal(Signals.Terminate);
        Assert.True(await silo.ExitAsync() == 0, silo.Said);
        database.DataSource.Clear();
        await using var member = database.DataSource.CreateCommand("select Status from OrleansMembershipTable");
        Assert.Equal((int)SiloStatus.Dead, await member.ExecuteScalarAsync());
        await silo.LineAsync("The silo is not ready: Postgres does not answer");
        await silo.LineAsync("Postgres can be used again");
    }

    private static ServiceProcess MigrateOnly(string? postgres) =>
        new SiloSetup { ["ConnectionStrings__Postgres"] = postgres }.Start("--migrate-only");

    private static async Task FailsAsync(ServiceProcess process, string reason)
    {
        Assert.True(await process.ExitAsync() == 1, process.Said);
        Assert.True(process.Lines.Count(line => line.Contains(reason, StringComparison.Ordinal)) == 1, process.Said);
        Assert.DoesNotContain("secret", process.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Said, StringComparison.Ordinal);
    }

    /// <summary>The environment of one silo, on ports of its own.</summary>
    private sealed class SiloSetup : Dictionary<string, string?>
    {
        public SiloSetup()
        {
            var ports = ServiceProcess.FreePorts(3);
            this["ConnectionStrings__Postgres"] = null;
            this["urls"] = $"http://127.0.0.1:{ports[0]}";
            this["Cluster__AdvertisedAddress"] = "127.0.0.1";
            this["Cluster__SiloPort"] = $"{ports[1]}";
            this["Cluster__GatewayPort"] = $"{ports[2]}";
        }

        public Uri Live => new($"{this["urls"]}/health/live");

        public Uri Ready => new($"{this["urls"]}/health/ready");

        public ServiceProcess Start(params string[] arguments) => ServiceProcess.Start("Silo", this, arguments);
    }
}
