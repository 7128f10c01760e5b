using System.ComponentModel.DataAnnotations;
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
    /// Starts the server of a data directory, which this process then owns until it ends. A server that an earlier, killed run
    /// left behind is stopped first.
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

    /// <summary>
    /// Stops the server; a mode that doesn't end it in time gives way to the next harder one. Does nothing when it is stopped.
    /// </summary>
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

    private async Task CreateDatabaseAsync(CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionTo("postgres", pooling: false));
        await using var exists = source.CreateCommand($"select 1 from pg_database where datname = '{Database}'");
        if (await exists.ExecuteScalarAsync(cancellation) is not null)
            return;
        await using var create = source.CreateCommand($"create database {Database}");
        await create.ExecuteNonQueryAsync(cancellation);
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
}
