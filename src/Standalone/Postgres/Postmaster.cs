using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ContinueWatching.Standalone;

/// <summary>The server process of a cluster, as its <c>postmaster.pid</c> tells: ours, or an earlier run's.</summary>
internal static class Postmaster
{
    // Above every system's highest process id.
    private const int NoProcess = int.MaxValue;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(10);

    /// <summary>The process that serves the cluster now; null when none does.</summary>
    public static async Task<int?> FindAsync(string cluster)
    {
        if (ReadPidFile(cluster) is not [var first, var directory, ..]
            || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            return null;
        // A copied data directory brings the pid file of its original, which must not be touched.
        return Path.GetFullPath(directory) == cluster && await ServesAsync(pid, directory) ? pid : null;
    }

    /// <summary>
    /// Keeps a stale pid file from blocking the next start when its number now belongs to a stranger. Only the number goes: the
    /// file also names the shared memory by which Postgres sees that an earlier run's backends are still writing.
    /// </summary>
    public static void DisarmPidFile(string cluster)
    {
        var lines = ReadPidFile(cluster);
        if (lines.Length == 0)
            return;
        lines[0] = NoProcess.ToString(CultureInfo.InvariantCulture);
        File.WriteAllLines(PidFile(cluster), lines);
    }

    /// <summary>Waits until a process serves the cluster no more; false when the limit passes first.</summary>
    public static async Task<bool> GoneWithinAsync(int pid, string cluster, TimeSpan limit)
    {
        var waited = Stopwatch.StartNew();
        while (await ServesAsync(pid, cluster))
        {
            if (waited.Elapsed > limit)
                return false;
            await Task.Delay(Interval);
        }

        return true;
    }

    /// <summary>Ends the process at once, as the system's out-of-memory killer would; its backends find out by themselves.</summary>
    public static void Kill(int pid) => Kill(pid, withBackends: false);

    /// <summary>Ends the process and its backends at once, even those that stand still and would never find out.</summary>
    public static void KillAll(int pid) => Kill(pid, withBackends: true);

    private static string PidFile(string cluster) => Path.Combine(cluster, "postmaster.pid");

    private static string[] ReadPidFile(string cluster)
    {
        try
        {
            return File.ReadAllLines(PidFile(cluster));
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static void Kill(int pid, bool withBackends)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill(withBackends);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    // A number alone proves nothing: it may belong to anybody by now. A zombie has no command line and serves nothing.
    private static async Task<bool> ServesAsync(int pid, string cluster) =>
        IsAlive(pid) && (OperatingSystem.IsWindows() || Names(await CommandLineAsync(pid), cluster));

    private static bool Names(string commandLine, string cluster) =>
        commandLine.Contains("postgres", StringComparison.Ordinal)
        && $"{commandLine.TrimEnd().Replace('\0', ' ')} ".Contains($" -D {cluster} ", StringComparison.Ordinal);

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !OperatingSystem.IsWindows() || process.ProcessName == "postgres";
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<string> CommandLineAsync(int pid)
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? await File.ReadAllTextAsync($"/proc/{pid}/cmdline")
                : await ChildProcess.RunAsync(
                    new ProcessStartInfo("ps", ["-ww", "-o", "command=", "-p", $"{pid}"]), ListLimit, CancellationToken.None);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or EmbeddedPostgresException or Win32Exception)
        {
            // It ended while we looked.
            return "";
        }
    }
}
