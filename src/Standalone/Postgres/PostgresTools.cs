using System.ComponentModel;
using System.Diagnostics;

namespace ContinueWatching.Standalone;

/// <summary>Runs the programs of one Postgres installation as the user that may run them.</summary>
internal sealed class PostgresTools(string binDirectory, ServerUser user)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(30);

    /// <summary>The installation's folder of programs.</summary>
    public string BinDirectory => binDirectory;

    /// <summary>Whom the programs run as.</summary>
    public ServerUser User => user;

    /// <summary>Runs a program in a folder and answers its output.</summary>
    /// <exception cref="EmbeddedPostgresException">It failed; the message ends with what it said.</exception>
    public Task<string> RunAsync(
        string program, string folder, TimeSpan limit, CancellationToken cancellation, params string[] arguments) =>
        ChildProcess.RunAsync(Command(program, folder, arguments), limit, cancellation);

    /// <summary>Whether the server's user may enter a folder: asked of the system itself, by going there.</summary>
    public async Task<bool> MayEnterAsync(string folder, CancellationToken cancellation)
    {
        if (user.Name is null)
            return true;
        // First from a place that all may enter, so that a broken installation isn't taken for a closed folder.
        await RunAsync("postgres", "/", ProbeLimit, cancellation, "--version");
        try
        {
            await RunAsync("postgres", folder, ProbeLimit, cancellation, "--version");
            return true;
        }
        catch (EmbeddedPostgresException refusal) when (refusal.InnerException is Win32Exception)
        {
            return false;
        }
    }

    private ProcessStartInfo Command(string program, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(binDirectory, PostgresBinaries.Executable(program)), arguments)
        {
            WorkingDirectory = folder,
            UserName = user.Name ?? "",
        };
        // The caller's own PGPORT, PGDATA or PGOPTIONS are about other servers.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        // Messages are matched in English, and a home that the user can't read is no home.
        start.Environment["LC_ALL"] = "C";
        if (user.Name is not null)
            start.Environment["HOME"] = folder;
        return start;
    }
}
