using Microsoft.Extensions.Logging.Abstractions;

namespace ContinueWatching.Standalone.Tests;

/// <summary>Where Postgres is looked for, and in which order.</summary>
public sealed class PostgresBinariesTests : IDisposable
{
    private readonly TempFolder _machine = TempFolder.Open();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task The_environment_variable_wins_over_everything()
    {
        var chosen = Install("chosen");
        var onPath = Install("on-path");
        Install("usr/lib/postgresql/17/bin");

        Assert.Equal(chosen, await FindAsync(chosen, onPath));
    }

    [Fact]
    public async Task A_wrong_environment_variable_is_an_error_that_says_what_is_missing()
    {
        var chosen = Install("chosen");
        var onPath = Install("on-path");
        File.Delete(Path.Combine(chosen, "initdb"));

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => FindAsync(chosen, onPath));

        Assert.Contains("CONTINUEWATCHING_POSTGRES_BIN", error.Message);
        Assert.Contains(chosen, error.Message);
        Assert.EndsWith("does not hold initdb.", error.Message);
    }

    [Fact]
    public async Task PATH_wins_over_the_usual_places()
    {
        var onPath = Install("on-path");
        Install("usr/lib/postgresql/17/bin");

        Assert.Equal(onPath, await FindAsync("", _machine.Make("empty"), onPath));
    }

    [Fact]
    public async Task A_folder_on_PATH_without_all_three_programs_is_passed_over()
    {
        var clientOnly = Install("client-only");
        File.Delete(Path.Combine(clientOnly, "postgres"));
        var debian = Install("usr/lib/postgresql/15/bin");

        Assert.Equal(debian, await FindAsync(null, clientOnly));
    }

    [Fact]
    public async Task Links_on_PATH_lead_to_the_installation_behind_them()
    {
        var real = Install("installation/bin");
        var links = _machine.Make("links");
        foreach (var program in Directory.EnumerateFiles(real))
            File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(program)), program);

        Assert.Equal(real, await FindAsync(null, links));
    }

    [Fact]
    public async Task The_highest_Debian_version_is_taken_by_number()
    {
        Install("usr/lib/postgresql/9.6/bin");
        var newest = Install("usr/lib/postgresql/17/bin");
        Install("usr/lib/postgresql/16/bin");
        Install("opt/homebrew/opt/postgresql@18/bin");

        Assert.Equal(newest, await FindAsync(null));
    }

    [Theory]
    [InlineData("opt/homebrew/opt")]
    [InlineData("usr/local/opt")]
    public async Task Homebrew_is_searched_too(string opt)
    {
        Install($"{opt}/postgresql@16/bin");
        var newest = Install($"{opt}/postgresql@17/bin");

        Assert.Equal(newest, await FindAsync(null));
    }

    [Fact]
    public async Task When_nothing_is_found_the_message_names_three_ways_out()
    {
        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => FindAsync(null));

        Assert.Contains("package manager", error.Message);
        Assert.Contains("npm", error.Message);
        Assert.Contains("CONTINUEWATCHING_POSTGRES_BIN", error.Message);
    }

    private string Install(string folder)
    {
        var bin = _machine.Make(folder);
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
            File.WriteAllText(Path.Combine(bin, PostgresBinaries.Executable(program)), "");
        return bin;
    }

    private Task<string> FindAsync(string? variable, params string[] path) =>
        PostgresBinaries.FindAsync(
            new PostgresSearch(variable, string.Join(Path.PathSeparator, path), _machine.Path, Path.Combine(_machine.Path, "cache")),
            NullLogger.Instance,
            CancellationToken.None);
}
