using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ContinueWatching.Standalone;

/// <summary>
/// A Postgres server of this process's own: made on first use, kept between runs, reached on 127.0.0.1 only. Its methods are
/// called one at a time.
/// </summary>
public sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const string Superuser = "continue_watching";
    private const string Database = "continue_watching";
    private const int MaxPortTries = 10;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FastStopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ImmediateStopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeftoverLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeftoverInterval = TimeSpan.FromMilliseconds(50);

    private readonly EmbeddedPostgresOptions _options;
    private readonly PostgresTools _tools;
    private readonly PostgresFolder _folder;
    private readonly Func<int> _freePort;
    private readonly ILogger _log;
    private readonly ServerLogBound _logBound;
    private string _password = "";

    private EmbeddedPostgres(
        EmbeddedPostgresOptions options, PostgresTools tools, PostgresFolder folder, Func<int> freePort, ILogger log)
    {
        _freePort = freePort;
        _options = options;
        _tools = tools;
        _folder = folder;
        _log = log;
        _logBound = new ServerLogBound(folder.ServerLog);
    }

    /// <summary>How clients connect, to the database <c>continue_watching</c>. The pool's defaults stand.</summary>
    public string ConnectionString => ConnectionTo(Database).ConnectionString;

    /// <summary>The TCP port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The server's process (the postmaster); null while it is stopped.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>Where the data really are: the wanted folder, or what stands in for it (see the options).</summary>
    public string DataDirectory => _folder.Path;

    /// <summary>
    /// Starts the server of a data directory, which this process then owns until it ends. A server that an earlier, killed run left
    /// behind is stopped first.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">
    /// No Postgres is found, the directory is in use by another process, or the server refuses; the message says which and why.
    /// </exception>
    public static Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger log, CancellationToken cancellation) =>
        StartAsync(options, log, FreePort, cancellation);

    /// <summary>The same, with a say in which ports count as free.</summary>
    internal static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger log, Func<int> freePort, CancellationToken cancellation)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var bin = options.BinDirectory is { } given
            ? PostgresBinaries.Check(given, nameof(EmbeddedPostgresOptions.BinDirectory))
            : await PostgresBinaries.FindAsync(PostgresSearch.OfThisProcess(), log, cancellation);
        var tools = new PostgresTools(bin, ServerUser.Current());
        var folder = await PostgresFolder.TakeAsync(options.DataDirectory, tools, log, cancellation);
        var server = new EmbeddedPostgres(options, tools, folder, freePort, log);
        try
        {
            await server.StartFirstAsync(cancellation);
            return server;
        }
        catch (Exception)
        {
            // Whatever it was, nothing that was begun outlives a failed start.
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server; a mode that doesn't end it in time gives way to the next harder one. Does nothing when it is stopped.</summary>
    /// <exception cref="EmbeddedPostgresException">Even SIGKILL didn't end it.</exception>
    public async Task StopAsync(PostgresStopMode mode)
    {
        if (await Postmaster.FindAsync(_folder.Cluster) is not { } pid)
        {
            ProcessId = null;
            return;
        }

        var stopped = mode == PostgresStopMode.Fast && await TryStopAsync(PostgresStopMode.Fast, FastStopLimit);
        stopped = stopped || await TryStopAsync(PostgresStopMode.Immediate, ImmediateStopLimit);
        if (!stopped)
            await EndAsync(pid, Postmaster.KillAll);
        ProcessId = null;
    }

    /// <summary>Starts a stopped or killed server on the port it had. Does nothing when it runs.</summary>
    /// <exception cref="EmbeddedPostgresException">It refuses, or the port was taken meanwhile.</exception>
    public async Task StartAgainAsync()
    {
        if (await Postmaster.FindAsync(_folder.Cluster) is null)
            await StartServerAsync(Port, CancellationToken.None);
    }

    /// <summary>Ends the server's process with SIGKILL: nothing is written any more, its backends find out by themselves.</summary>
    /// <exception cref="EmbeddedPostgresException">It lives on.</exception>
    public async Task KillAsync()
    {
        if (ProcessId is { } pid)
            await EndAsync(pid, Postmaster.Kill);
        ProcessId = null;
    }

    /// <summary>Stops the server and gives the data directory back.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(PostgresStopMode.Fast);
        }
        finally
        {
            await _logBound.DisposeAsync();
            _folder.Dispose();
        }
    }

    /// <summary>Ends the server at once and deletes its data, which nobody will miss.</summary>
    internal async Task DeleteAsync()
    {
        if (ProcessId is { } pid)
            Postmaster.KillAll(pid);
        ProcessId = null;
        await _folder.DeleteAsync();
        await DisposeAsync();
    }

    /// <summary>
    /// Removes a data directory whose owner is gone, with the server it left running. False, and nothing happens, when the owner
    /// lives or the folder is no such directory.
    /// </summary>
    internal static async Task<bool> RemoveAbandonedAsync(string dataDirectory)
    {
        var path = Path.GetFullPath(dataDirectory);
        if (!PostgresFolder.IsOne(path) || PostgresFolder.TryTake(path) is not { } folder)
            return false;
        using (folder)
        {
            if (await Postmaster.FindAsync(folder.Cluster) is { } orphan)
                Postmaster.KillAll(orphan);
            await folder.DeleteAsync();
            return true;
        }
    }

    private async Task StartFirstAsync(CancellationToken cancellation)
    {
        if (await Postmaster.FindAsync(_folder.Cluster) is { } orphan)
        {
            LogOrphan(_log, orphan, DataDirectory);
            await StopAsync(PostgresStopMode.Fast);
        }

        _password = await _folder.PrepareAsync(_tools, Superuser, cancellation);
        await StartServerAsync(_options.Port, cancellation);
        await CreateDatabaseAsync(cancellation);
    }

    private async Task StartServerAsync(int port, CancellationToken cancellation)
    {
        Postmaster.DisarmPidFile(_folder.Cluster);
        var waited = Stopwatch.StartNew();
        for (var tries = 1; ; tries++)
        {
            Port = port == 0 ? _freePort() : port;
            WriteSettings();
            _logBound.Trim();
            var before = _logBound.Length;
            try
            {
                await _tools.RunAsync("pg_ctl", _folder.Cluster, StartLimit + KillLimit, cancellation,
                    "start", "-D", _folder.Cluster, "-l", _folder.ServerLog, "-w", "-t", $"{StartLimit.TotalSeconds:0}");
                ProcessId = await Postmaster.FindAsync(_folder.Cluster);
                LogStarted(_log, _tools.BinDirectory, DataDirectory, Port);
                return;
            }
            catch (EmbeddedPostgresException refusal)
            {
                var said = _logBound.ReadFrom(before);
                var portTaken = said.Contains("could not bind", StringComparison.Ordinal);
                var leftover = said.Contains("shared memory block", StringComparison.Ordinal);
                if (portTaken && port == 0 && tries < MaxPortTries)
                    continue;
                if (!leftover || waited.Elapsed > LeftoverLimit)
                    throw new EmbeddedPostgresException(
                        $"Postgres does not start in {_folder.Cluster} on port {Port}. {refusal.Message}\n{ChildProcess.Tail(said)}", refusal);
            }

            // A killed server's backends are on their way out; Postgres refuses to start beside them, and rightly so.
            await Task.Delay(LeftoverInterval, cancellation);
        }
    }

    private void WriteSettings()
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = $"{Port}",
            ["unix_socket_directories"] = "",
            ["max_connections"] = $"{_options.MaxConnections}",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_min_messages"] = "warning",
        };
        foreach (var (name, value) in _options.ServerSettings)
            settings[name] = value;
        File.WriteAllLines(_folder.Settings, settings.Select(setting => $"{setting.Key} = '{Quote(setting.Value)}'"));
        _tools.User.Own(_folder.Settings);
    }

    private static string Quote(string value) =>
        value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);

    private async Task CreateDatabaseAsync(CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionTo("postgres", pooling: false));
        await using var exists = source.CreateCommand($"select 1 from pg_database where datname = '{Database}'");
        if (await exists.ExecuteScalarAsync(cancellation) is not null)
            return;
        await using var create = source.CreateCommand($"create database {Database}");
        await create.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<bool> TryStopAsync(PostgresStopMode mode, TimeSpan limit)
    {
        try
        {
            await _tools.RunAsync("pg_ctl", _folder.Cluster, limit + KillLimit, CancellationToken.None,
                "stop", "-D", _folder.Cluster, "-m", mode == PostgresStopMode.Fast ? "fast" : "immediate",
                "-w", "-t", $"{limit.TotalSeconds:0}");
            return true;
        }
        catch (EmbeddedPostgresException refusal)
        {
            LogStopFailed(_log, mode, refusal.Message);
            return await Postmaster.FindAsync(_folder.Cluster) is null;
        }
    }

    private async Task EndAsync(int pid, Action<int> kill)
    {
        kill(pid);
        if (!await Postmaster.GoneWithinAsync(pid, _folder.Cluster, KillLimit))
            throw new EmbeddedPostgresException($"Postgres process {pid} of {DataDirectory} outlives SIGKILL.");
    }

    private NpgsqlConnectionStringBuilder ConnectionTo(string database, bool? pooling = null)
    {
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = Superuser,
            Password = _password,
            Database = database,
        };
        if (pooling is { } chosen)
            connection.Pooling = chosen;
        return connection;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LoggerMessage(LogLevel.Information, "Postgres of {Bin} runs on {DataDirectory}, port {Port}")]
    private static partial void LogStarted(ILogger log, string bin, string dataDirectory, int port);

    [LoggerMessage(LogLevel.Warning, "An earlier run left Postgres process {Pid} on {DataDirectory}: it is stopped first")]
    private static partial void LogOrphan(ILogger log, int pid, string dataDirectory);

    [LoggerMessage(LogLevel.Warning, "Postgres did not stop in mode {Mode}: {Reason}")]
    private static partial void LogStopFailed(ILogger log, PostgresStopMode mode, string reason);
}
