using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Standalone.Tests;

/// <summary>On which database it runs, and where it gives tokens to whoever asks.</summary>
public sealed class StandaloneHostTests : IDisposable
{
    private const string User = """{"userId": "123"}""";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = TempFolder.Open();
    private readonly TestTokens _tokens = new();

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task With_a_database_of_others_it_starts_none_of_its_own_and_gives_tokens_only_when_told_to()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var standalone = await RunningStandalone.StartAsync(
            Data, $"--ConnectionStrings:Postgres={database.ConnectionString}", "--dev-tokens");

        Assert.Equal(200, await standalone.ReportAsync(await standalone.TokenAsync(User)));

        await using var count = database.DataSource.CreateCommand("select count(*) from resume where user_id = '123'");
        Assert.Equal(1L, await count.ExecuteScalarAsync());
        Assert.Equal(["dev-token.key"], Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_token_is_good_after_a_restart_and_in_no_other_data_directory()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        var postgres = $"--ConnectionStrings:Postgres={database.ConnectionString}";
        string token;
        await using (var before = await RunningStandalone.StartAsync(Data, postgres, "--dev-tokens"))
            token = await before.TokenAsync(User);

        await using var after = await RunningStandalone.StartAsync(Data, postgres, "--dev-tokens");
        await using var other = await RunningStandalone.StartAsync(Path.Combine(_folder.Path, "other"), postgres, "--dev-tokens");

        Assert.Equal(200, await after.ReportAsync(token));
        Assert.Equal(401, await other.ReportAsync(token));
    }

    [Fact]
    public async Task Where_others_can_reach_it_tokens_are_given_only_when_told_to()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var standalone = await RunningStandalone.StartAsync(
            Data, $"--ConnectionStrings:Postgres={database.ConnectionString}", "--urls=http://0.0.0.0:0", "--dev-tokens");

        Assert.Equal(200, await standalone.ReportAsync(await standalone.TokenAsync(User)));
    }

    [Fact]
    public async Task The_page_is_there_with_tokens_for_the_asking_and_not_with_those_of_others()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        var postgres = $"--ConnectionStrings:Postgres={database.ConnectionString}";
        await using var open = await RunningStandalone.StartAsync(Data, postgres, "--dev-tokens");
        await using var closed = await RunningStandalone.StartAsync(
            Data, [postgres, .. _tokens.Configuration.Select(setting => $"--{setting}")]);

        using var page = await open.Http.GetAsync("/");
        using var film = await open.Http.GetAsync("/films/night-train.webm");
        using var none = await closed.Http.GetAsync("/");
        using var script = await closed.Http.GetAsync("/page.js");

        Assert.Equal((200, "text/html"), ((int)page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal((200, "video/webm"), ((int)film.StatusCode, film.Content.Headers.ContentType?.MediaType));
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal((401, 401), ((int)none.StatusCode, (int)script.StatusCode));
    }

    [Fact]
    public async Task With_tokens_of_others_it_gives_none_of_its_own()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var standalone = await RunningStandalone.StartAsync(
            Data, [$"--ConnectionStrings:Postgres={database.ConnectionString}", .. _tokens.Configuration.Select(setting => $"--{setting}")]);

        Assert.Equal(200, await standalone.ReportAsync(_tokens.Of("123")));
        using var anonymous = await standalone.PostAsync("/dev/token", User);
        standalone.Http.DefaultRequestHeaders.Authorization = new("Bearer", _tokens.Of("123"));
        using var known = await standalone.PostAsync("/dev/token", User);
        Assert.Equal((401, 404), ((int)anonymous.StatusCode, (int)known.StatusCode));
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task Where_others_can_reach_it_somebody_has_to_say_whose_tokens_are_good(string urls)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningStandalone.StartAsync(Data, $"--urls={urls}"));

        Assert.Contains("--dev-tokens", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task On_a_database_of_others_somebody_has_to_say_whose_tokens_are_good()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunningStandalone.StartAsync(Data, "--ConnectionStrings:Postgres=Host=127.0.0.1;Port=1"));

        Assert.Contains("this database", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_of_its_own_and_of_others_exclude_each_other()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningStandalone.StartAsync(
            Data, ["--dev-tokens", .. _tokens.Configuration.Select(setting => $"--{setting}")]));

        Assert.Contains("exclude each other", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData(0, "--data FOLDER", "--help")]
    [InlineData(2, "tokens is not an option.", "tokens")]
    [InlineData(1, "Not started: Invalid url: 'localhost:8080'", "--urls", "localhost:8080")]
    [InlineData(1, "Not started: Invalid url: 'localhost:8080'", "--urls", "localhost:8080", "--dev-tokens", "--ConnectionStrings:Postgres=DB")]
    [InlineData(1, "Not started: 28P01: password authentication failed", "--dev-tokens", "--ConnectionStrings:Postgres=DB;Password=another's")]
    [InlineData(1, "Not started: Others can reach http://0.0.0.0:0", "--urls", "http://0.0.0.0:0")]
    [InlineData(1, "Not started: --dev-tokens and", "--dev-tokens", "--Authentication:Schemes:Bearer:ValidIssuer=x")]
    public async Task The_process_says_in_one_line_why_it_does_not_start(int exitCode, string said, params string[] arguments)
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        var given = arguments.Select(argument => argument.Replace("=DB", $"={database.ConnectionString}", StringComparison.Ordinal));
        var start = new ProcessStartInfo("dotnet", [typeof(StandaloneHost).Assembly.Location, "--data", Data, .. given])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(_limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            var all = await output + await errors;

            Assert.Contains(said, all, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", all, StringComparison.Ordinal);
            Assert.Equal(exitCode, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
