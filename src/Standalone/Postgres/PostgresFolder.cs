using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace ContinueWatching.Standalone;

/// <summary>The folder of one embedded database: the cluster, its password beside it, and the lock of its one owner.</summary>
internal sealed partial class PostgresFolder : IDisposable
{
    private const string LockName = "owner.lock";
    private const string ClusterName = "cluster";
    private const string FallbackRoot = "/var/lib/continue-watching";

    private static readonly TimeSpan InitLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DeleteLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeleteInterval = TimeSpan.FromMilliseconds(5);

    private readonly FileStream _lock;

    private PostgresFolder(string path, FileStream owned)
    {
        Path = path;
        _lock = owned;
    }

    /// <summary>Where the data really are.</summary>
    public string Path { get; }

    /// <summary>Postgres' own data directory.</summary>
    public string Cluster => System.IO.Path.Combine(Path, ClusterName);

    /// <summary>What the server says, inside the cluster because the server's user writes it.</summary>
    public string ServerLog => System.IO.Path.Combine(Cluster, "server.log");

    /// <summary>The settings that this program gives; included from the cluster's <c>postgresql.conf</c>.</summary>
    public string Settings => System.IO.Path.Combine(Cluster, "continue-watching.conf");

    private string PasswordFile => System.IO.Path.Combine(Path, "password");

    /// <summary>Whether a folder is one of these, be it half deleted. One that is just being made counts from its lock on.</summary>
    public static bool IsOne(string path) =>
        File.Exists(System.IO.Path.Combine(path, LockName)) || Directory.Exists(System.IO.Path.Combine(path, ClusterName));

    /// <summary>Takes the wanted folder, or where it must be instead, for this process.</summary>
    /// <exception cref="EmbeddedPostgresException">Another process has it, or it belongs to another user.</exception>
    public static async Task<PostgresFolder> TakeAsync(
        string wanted, PostgresTools tools, ILogger log, CancellationToken cancellation)
    {
        var full = System.IO.Path.GetFullPath(wanted);
        var path = await tools.MayEnterAsync(NearestExisting(full), cancellation) ? full : Fallback(full, tools.User, log);
        try
        {
            Folders.CreateOpen(path);
            return TryTake(path) ?? throw new EmbeddedPostgresException(
                $"The database in {path} is in use by another process. Stop that one first, or choose another data directory.");
        }
        catch (UnauthorizedAccessException refusal)
        {
            // As after a first run as root: said with the folder, since the file named in it means nothing to anybody.
            throw new EmbeddedPostgresException(
                $"The database in {path} can't be used by {Environment.UserName}: {refusal.Message}", refusal);
        }
    }

    /// <summary>Takes a folder if nobody has it.</summary>
    public static PostgresFolder? TryTake(string path) =>
        Folders.TryLock(System.IO.Path.Combine(path, LockName)) is { } owned ? new PostgresFolder(path, owned) : null;

    /// <summary>
    /// Makes the cluster if there is none and answers its password. It is made under another name and renamed when it is
    /// whole, so what a killed run left half made is never taken for a database.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">initdb failed, or the password of an existing cluster is gone.</exception>
    public async Task<string> PrepareAsync(PostgresTools tools, string superuser, CancellationToken cancellation)
    {
        if (!Directory.Exists(Cluster))
            await InitializeAsync(tools, superuser, cancellation);
        return File.Exists(PasswordFile)
            ? await File.ReadAllTextAsync(PasswordFile, cancellation)
            : throw new EmbeddedPostgresException(
                $"{PasswordFile}, the password of the database beside it, is missing."
                + $" Put it back, or move {Path} away to start empty.");
    }

    /// <summary>
    /// Deletes it all, the lock's file last, so that what a killed deletion leaves can still be told from a stranger's folder. A
    /// killed server's backends may be writing for a moment longer.
    /// </summary>
    /// <exception cref="IOException">They are not done after the limit.</exception>
    public async Task DeleteAsync()
    {
        var waited = Stopwatch.StartNew();
        while (Directory.Exists(Cluster))
        {
            try
            {
                Directory.Delete(Cluster, recursive: true);
            }
            catch (IOException) when (waited.Elapsed < DeleteLimit)
            {
                // A file was made in a folder just emptied.
                await Task.Delay(DeleteInterval);
            }
        }

        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _lock.Dispose();

    private async Task InitializeAsync(PostgresTools tools, string superuser, CancellationToken cancellation)
    {
        var half = Cluster + ".new";
        var handover = PasswordFile + ".initdb";
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(24));
        if (Directory.Exists(half))
            Directory.Delete(half, recursive: true);
        Folders.CreatePrivate(half);
        tools.User.Own(half);
        Folders.WritePrivate(PasswordFile, password);
        try
        {
            Folders.WritePrivate(handover, password);
            tools.User.Own(handover);
            await tools.RunAsync("initdb", half, InitLimit, cancellation,
                "-D", half, "-U", superuser, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", $"--pwfile={handover}");
        }
        finally
        {
            File.Delete(handover);
        }

        var include = $"\ninclude '{System.IO.Path.GetFileName(Settings)}'\n";
        await File.AppendAllTextAsync(System.IO.Path.Combine(half, "postgresql.conf"), include, cancellation);
        Directory.Move(half, Cluster);
    }

    private static string NearestExisting(string path)
    {
        while (!Directory.Exists(path))
            path = System.IO.Path.GetDirectoryName(path)!;
        return path;
    }

    // Opening somebody's parent folders to another user is not ours to do.
    private static string Fallback(string wanted, ServerUser user, ILogger log)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wanted)))[..12];
        var path = System.IO.Path.Combine(FallbackRoot, hash);
        LogFallback(log, user.Name!, wanted, path);
        return path;
    }

    [LoggerMessage(LogLevel.Warning, "Postgres runs as {User}, who may not enter {Wanted}: its data are in {Path}")]
    private static partial void LogFallback(ILogger log, string user, string wanted, string path);
}
