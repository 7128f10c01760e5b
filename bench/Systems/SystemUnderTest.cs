using ContinueWatching.Bench.Load;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Bench.Systems;

/// <summary>One of the designs that are compared: its processes, and its database.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private readonly List<ServiceProcess> _processes = [];
    private Redis? _redis;

    private SystemUnderTest(string name, string connectionString) => (Name, ConnectionString) = (name, connectionString);

    /// <summary>What it is called in tables.</summary>
    public string Name { get; }

    /// <summary>Its database.</summary>
    public string ConnectionString { get; }

    /// <summary>Where it is asked, on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>Processor time of its processes, in seconds, its Redis's among it, Postgres's not.</summary>
    public double CpuSeconds => _processes.Sum(process => Cpu.Of(process.Id)) + (_redis?.CpuSeconds ?? 0);

    /// <summary>One of the baselines: Empty, Upsert, UpsertRedis, GrainStorage.</summary>
    public static async Task<SystemUnderTest> StartBaselineAsync(
        TestBed bed, string name, string design, Seed seed, Redis? redis = null)
    {
        var database = await bed.Postgres.CreateDatabaseAsync(design.ToLowerInvariant());
        var system = new SystemUnderTest(name, database) { _redis = redis };
        if (design == "GrainStorage")
            await system.MigrateAsync();
        if (design is "Upsert" or "UpsertRedis")
        {
            // Makes the table, to be seeded before the cache is filled.
            await system.StartAsync("Baselines", bed, Settings(database, "Upsert", seed, null));
            await BenchPostgres.SeedAsync(database, "place", 0, seed.Users, seed.Titles);
            await system.StopAsync();
        }

        return await system.StartAsync("Baselines", bed, Settings(database, design, seed, redis?.Configuration));
    }

    /// <summary>The service, silo and API in one process.</summary>
    public static async Task<SystemUnderTest> StartStandaloneAsync(
        TestBed bed, string name, Seed seed, string database = "standalone")
    {
        var system = await CreateServiceAsync(bed, name, database, seed);
        return await system.StartAsync("Standalone", bed, Service(system.ConnectionString));
    }

    /// <summary>The service as a deployment runs it: silos, and an API.</summary>
    public static async Task<SystemUnderTest> StartSeparateAsync(
        TestBed bed, string name, Seed seed, int silos = 1)
    {
        var system = await CreateServiceAsync(bed, name, $"separate_{silos}", seed);
        for (var silo = 0; silo < silos; silo++)
        {
            var ports = ServiceProcess.FreePorts(2);
            await system.StartAsync("Silo", bed, new(Service(system.ConnectionString))
            {
                ["Cluster__SiloPort"] = $"{ports[0]}",
                ["Cluster__GatewayPort"] = $"{ports[1]}",
                ["Cluster__AdvertisedAddress"] = "127.0.0.1",
            });
        }

        return await system.StartAsync("Api", bed, Service(system.ConnectionString));
    }

    /// <summary>The service's database alone, seeded.</summary>
    public static async Task<SystemUnderTest> CreateServiceAsync(TestBed bed, string name, string database, Seed seed)
    {
        var system = new SystemUnderTest(name, await bed.Postgres.CreateDatabaseAsync(database));
        await system.MigrateAsync();
        await BenchPostgres.SeedAsync(system.ConnectionString, "resume", 0, seed.Users, seed.Titles);
        await BenchPostgres.RunAsync(
            system.ConnectionString, "insert into users (user_id, created_at) select distinct user_id, now() - interval '1 year' from resume");
        await BenchPostgres.RunAsync(system.ConnectionString, "vacuum (freeze, analyze) users");
        return system;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private static Dictionary<string, string?> Settings(string database, string design, Seed seed, string? redis) => new(Tokens.Configuration)
    {
        ["Design"] = design,
        ["Titles"] = $"{seed.Titles}",
        ["Redis"] = redis,
        ["ConnectionStrings__Postgres"] = new NpgsqlConnectionStringBuilder(database)
        {
            MaxPoolSize = PoolSize,
            MinPoolSize = PoolSize / 2,
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        }.ConnectionString,
    };

    private static Dictionary<string, string?> Service(string database) => new(Tokens.Configuration)
    {
        ["ConnectionStrings__Postgres"] = database,
        ["Rates__Enabled"] = "false",
    };

    // What serves most requests on two cores: fewer leave the disk idle, more only wait for each other.
    private const int PoolSize = 32;

    private async Task<SystemUnderTest> StartAsync(string project, TestBed bed, Dictionary<string, string?> environment)
    {
        foreach (var (name, value) in bed.Telemetry.Environment)
            environment[name] = value;
        var ports = ServiceProcess.FreePorts(3);
        Port = ports[0];
        environment["urls"] = $"http://127.0.0.1:{Port}";
        environment.TryAdd("SiloPort", $"{ports[1]}");
        environment.TryAdd("GatewayPort", $"{ports[2]}");
        var process = ServiceProcess.Start(project, environment);
        _processes.Add(process);
        await process.AnswersAsync(new Uri($"http://127.0.0.1:{Port}/health/ready"), within: TimeSpan.FromMinutes(2));
        return this;
    }

    private async Task MigrateAsync()
    {
        await using var migration = ServiceProcess.Start(
            "Silo", new Dictionary<string, string?> { ["ConnectionStrings__Postgres"] = ConnectionString }, "--migrate-only");
        if (await migration.ExitAsync() != 0)
            throw new InvalidOperationException(migration.Said);
    }

    private async Task StopAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        _processes.Clear();
    }
}

/// <summary>What a database holds before anything is measured.</summary>
internal sealed record Seed(int Users, int Titles);
