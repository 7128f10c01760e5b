using System.Diagnostics;
using ContinueWatching.Standalone;
using Microsoft.Extensions.Logging.Abstractions;

namespace ContinueWatching.Testing;

/// <summary>A Postgres server of a test's own, to be stopped, killed and paused.</summary>
public sealed class TestPostgresServer : IAsyncDisposable
{
    private const string Prefix = "continue-watching-test-";

    private readonly EmbeddedPostgres _postgres;
    private IReadOnlyList<int> _paused = [];

    private TestPostgresServer(EmbeddedPostgres postgres) => _postgres = postgres;

    public string ConnectionString => _postgres.ConnectionString;

    public int Port => _postgres.Port;

    /// <summary>A fast and forgetful server: what it wrote is safe from a SIGKILL, not from the machine's power switch.</summary>
    public static async Task<TestPostgresServer> StartAsync()
    {
        await RemoveAbandonedAsync();
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = Path.Combine(Path.GetTempPath(), Prefix + Guid.NewGuid().ToString("N")),
            MaxConnections = 300,
            ServerSettings = new Dictionary<string, string> { ["fsync"] = "off", ["full_page_writes"] = "off" },
        };
        return new TestPostgresServer(await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None));
    }

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
