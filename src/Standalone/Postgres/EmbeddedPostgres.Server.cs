using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ContinueWatching.Standalone;

// The server's process: its settings, its start, its end, and how long each may take.
public sealed partial class EmbeddedPostgres
{
    private const int MaxPortTries = 10;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FastStopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ImmediateStopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeftoverLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeftoverInterval = TimeSpan.FromMilliseconds(50);

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
                        $"Postgres does not start in {_folder.Cluster} on port {Port}. {refusal.Message}\n{ChildProcess.Tail(said)}",
                        refusal);
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
