using System.Diagnostics;
using ContinueWatching.Standalone;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ContinueWatching.Testing;

/// <summary>A Postgres server of a test's own, to be stopped, killed and paused.</summary>
public sealed class TestPostgresServer : IAsyncDisposable
{
    private const string Prefix = "continue-watching-test-";
    private const int MaxConnections = 300;
    private static readonly TimeSpan _copyLimit = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> _forgetful = new() { ["fsync"] = "off", ["full_page_writes"] = "off" };

    private readonly EmbeddedPostgres _postgres;
    private IReadOnlyList<int> _paused = [];

    private TestPostgresServer(EmbeddedPostgres postgres) => _postgres = postgres;

    public string ConnectionString => _postgres.ConnectionString;

    public int Port => _postgres.Port;

    /// <summary>A fast and forgetful server: what it wrote is safe from a SIGKILL, not from the machine's power switch.</summary>
    public static async Task<TestPostgresServer> StartAsync(int maxConnections = MaxConnections)
    {
        await RemoveAbandonedAsync();
        return await StartAsync(NewFolder(), maxConnections, _forgetful);
    }

    /// <summary>A server as in production, whose commits outlive the machine's power switch, for whomever a subnet holds beside loopback.</summary>
    /// <param name="address">The address under which they reach it.</param>
    /// <param name="hosts">The subnet, <c>10.0.0.0/24</c>; null for loopback alone.</param>
    public static async Task<TestPostgresServer> StartDurableAsync(string address, string? hosts)
    {
        await RemoveAbandonedAsync();
        var server = await StartAsync(NewFolder(), MaxConnections, new Dictionary<string, string>
        {
            ["listen_addresses"] = string.Join(',', new[] { "127.0.0.1", address }.Distinct()),
        });
        if (hosts is not null)
        {
            await File.AppendAllTextAsync(
                Path.Combine(server._postgres.DataDirectory, "cluster", "pg_hba.conf"), $"\nhost all all {hosts} scram-sha-256\n");
            await server.RunAsync("select pg_reload_conf()");
        }

        return server;
    }

    /// <summary>Starts a standby, for which every commit of this server waits from now on.</summary>
    public async Task<TestPostgresServer> StartStandbyAsync()
    {
        var folder = NewFolder();
        var cluster = Path.Combine(folder, "cluster");
        Folders.CreateOpen(folder);
        Folders.CreatePrivate(cluster);
        var user = ServerUser.Current();
        user.Own(cluster);
        var primary = new NpgsqlConnectionStringBuilder(ConnectionString);
        Folders.WritePrivate(Path.Combine(folder, "password"), primary.Password!);
        var tools = new PostgresTools(
            await PostgresBinaries.FindAsync(PostgresSearch.OfThisProcess(), NullLogger.Instance, CancellationToken.None), user);
        await tools.RunAsync(
            "pg_basebackup", cluster, _copyLimit, CancellationToken.None, "-D", cluster, "--checkpoint=fast", "--write-recovery-conf",
            "--dbname", $"host={primary.Host} port={primary.Port} user={primary.Username} password={primary.Password}");
        var standby = await StartAsync(folder, MaxConnections, _forgetful);
        await RunAsync("alter system set synchronous_standby_names = '*'");
        await RunAsync("select pg_reload_conf()");
        await RunAsync("do 'begin while not exists (select from pg_stat_replication where sync_state = ''sync'') loop perform pg_sleep(0.01), pg_stat_clear_snapshot(); end loop; end'");
        return standby;
    }

    /// <summary>Makes a standby the server: as a failover does when the one before is lost.</summary>
    public Task PromoteAsync() => RunAsync("select pg_promote()");

    public Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(ConnectionString);

    public Task StopAsync(PostgresStopMode mode) => _postgres.StopAsync(mode);

    public Task StartAgainAsync() => _postgres.StartAgainAsync();

    public Task KillAsync() => _postgres.KillAsync();

    /// <summary>Every process of the server stands still: connections stay open, nothing answers.</summary>
    public void Pause()
    {
        var postmaster = _postgres.ProcessId ?? throw new InvalidOperationException("The server is not running.");
        // The parent first, so that it has no more children than are found then.
        Signals.Send(postmaster, Signals.Stop);
        _paused = [postmaster, .. Signals.ChildrenOf(postmaster)];
        foreach (var process in _paused)
            Signals.Send(process, Signals.Stop);
    }

    /// <summary>The server goes on where it stood.</summary>
    public void Resume()
    {
        foreach (var process in _paused.Reverse())
            Signals.Send(process, Signals.Continue);
        _paused = [];
    }

    public async ValueTask DisposeAsync()
    {
        _paused = [];
        await _postgres.DeleteAsync();
    }

    /// <summary>
    /// For the end of the process: test hosts are killed about 100 ms after it begins, so the server goes by one signal, and its
    /// folder is left to a process that may take longer. Should that fail too, the next test process removes what it finds.
    /// </summary>
    internal void Abandon()
    {
        if (_postgres.ProcessId is not { } postmaster)
            return;
        Signals.Send(postmaster, Signals.Kill);
        Process.Start(new ProcessStartInfo("rm", ["-rf", _postgres.DataDirectory]) { RedirectStandardError = true })?.Dispose();
    }

    private static string NewFolder() => Path.Combine(Path.GetTempPath(), Prefix + Guid.NewGuid().ToString("N"));

    private static async Task<TestPostgresServer> StartAsync(string folder, int maxConnections, IReadOnlyDictionary<string, string> settings)
    {
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = folder,
            MaxConnections = maxConnections,
            ServerSettings = settings,
        };
        return new TestPostgresServer(await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None));
    }

    private async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task RemoveAbandonedAsync()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                await EmbeddedPostgres.RemoveAbandonedAsync(folder);
            }
            catch (Exception other) when (other is UnauthorizedAccessException or IOException)
            {
                // Another user's, or another test process is removing it at this moment.
            }
        }
    }
}
