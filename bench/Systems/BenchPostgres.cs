using ContinueWatching.Bench.Load;
using ContinueWatching.Standalone;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ContinueWatching.Bench.Systems;

/// <summary>The one Postgres of a run, durable, with a database for each system.</summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    private const int MaxConnections = 400;

    // Where Postgres's defaults are made for a small machine; durability as it ships. The same for all.
    private static readonly Dictionary<string, string> _settings = new()
    {
        ["shared_buffers"] = "1GB",
        ["max_wal_size"] = "8GB",
        ["checkpoint_timeout"] = "15min",
        ["fsync"] = "on",
        ["synchronous_commit"] = "on",
        ["full_page_writes"] = "on",
    };

    private readonly EmbeddedPostgres _server;
    private readonly DirectoryInfo _folder;

    private readonly NpgsqlDataSource _watching;

    private BenchPostgres(EmbeddedPostgres server, DirectoryInfo folder)
    {
        (_server, _folder) = (server, folder);
        _watching = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { NoResetOnClose = true }.ConnectionString);
    }

    /// <summary>Its settings, for the report.</summary>
    public static IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>Processor time of all its processes, in seconds.</summary>
    public double CpuSeconds => _server.ProcessId is { } process ? Cpu.OfTree(process) : 0;

    public static async Task<BenchPostgres> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("continue-watching-bench-");

        // The server's user, where this runs as root, has to come in.
        if (!OperatingSystem.IsWindows())
            folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = Path.Combine(folder.FullName, "postgres"),
            MaxConnections = MaxConnections,
            ServerSettings = _settings,
        };
        return new BenchPostgres(await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None), folder);
    }

    /// <summary>Makes an empty database, in the place of one of that name.</summary>
    /// <returns>How to connect to it.</returns>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await RunAsync(_server.ConnectionString, $"drop database if exists {name} with (force)");
        await RunAsync(_server.ConnectionString, $"create database {name}");
        return new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Runs a statement, however long it takes.</summary>
    public static async Task RunAsync(string connectionString, string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(Unpooled(connectionString));
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Fills a table with what users <paramref name="first"/> and following have begun.</summary>
    public static async Task SeedAsync(string connectionString, string table, int first, int users, int titles)
    {
        await RunAsync(
            connectionString,
            $"insert into {table} (user_id, content_id, device_id, position_ms, duration_ms, watched_at) {Population.SeedSql} on conflict do nothing",
            first, first + users - 1, titles);
        await RunAsync(connectionString, $"vacuum (freeze, analyze) {table}");
        await RunAsync(connectionString, "checkpoint");
    }

    /// <summary>
    /// Transactions so far that wrote, and bytes of WAL, of the whole server, and when that was looked up, in seconds. By transaction ids, which are
    /// exact at once: <c>pg_stat_database</c> hears from a backend seconds later. On a connection that is kept: one to a busy server takes its time.
    /// </summary>
    public async Task<(long Commits, long WalBytes, double At)> CountersAsync()
    {
        await using var command = _watching.CreateCommand(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (pg_current_wal_lsn() - '0/0')::bigint, extract(epoch from clock_timestamp())::float8");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetDouble(2));
    }

    public async ValueTask DisposeAsync()
    {
        await _watching.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
        if (Directory.Exists(_server.DataDirectory))
            Directory.Delete(_server.DataDirectory, recursive: true);
    }

    private static string Unpooled(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
