using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>The API's own process, with a configuration that it cannot serve with.</summary>
public sealed class StartTests
{
    private const string Bearer = "Authentication__Schemes__Bearer__";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string?> _tokens = new()
    {
        [$"{Bearer}ValidIssuer"] = "somebody",
        [$"{Bearer}ValidAudience"] = "somewhere",
        [$"{Bearer}SigningKeys__0__Issuer"] = "somebody",
        [$"{Bearer}SigningKeys__0__Value"] = Convert.ToBase64String(new byte[32]),
    };

    [Theory]
    [InlineData("ValidIssuer", "Authentication:Schemes:Bearer:ValidAudience is not set")]
    [InlineData("ValidAudience", "Authentication:Schemes:Bearer:Authority or Authentication:Schemes:Bearer:ValidIssuer is not set")]
    public async Task Without_an_issuer_or_an_audience_it_refuses_to_start_and_says_so_in_one_line(string given, string complaint)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ApiHost).Assembly.Location, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.Environment[$"{Bearer}{given}"] = "somebody";
        start.Environment["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=none";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(_limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);

            var said = await output + await errors;
            Assert.Equal(1, process.ExitCode);
            Assert.Single(said.Split('\n'), line => line.Contains("Not started:", StringComparison.Ordinal));
            Assert.Contains(complaint, said, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    [Fact]
    public async Task Without_keys_it_refuses_to_start_and_says_so()
    {
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>
        {
            [$"{Bearer}ValidIssuer"] = "somebody",
            [$"{Bearer}ValidAudience"] = "somewhere",
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=none",
            ["urls"] = "http://127.0.0.1:0",
        });

        Assert.True(await api.ExitAsync(_limit) == 1, api.Said);
        Assert.Single(api.Lines, line => line.Contains("Authentication:Schemes:Bearer:SigningKeys is not set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_connection_string_is_refused_without_being_quoted()
    {
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = "postgres://user:s3cret=x@db/cw",
            ["urls"] = "http://127.0.0.1:0",
        });

        Assert.True(await api.ExitAsync(_limit) == 1, api.Said);
        Assert.Single(api.Lines, line => line.Contains("Not started: ConnectionStrings:Postgres is no connection string", StringComparison.Ordinal));
        Assert.DoesNotContain("s3cret", api.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_there_is_no_silo_is_told_once_however_often_it_looks_for_one()
    {
        using var database = new TcpListener(IPAddress.Loopback, 0);
        database.Start();
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>(_tokens)
        {
            ["ConnectionStrings__Postgres"] = $"Host=127.0.0.1;Port={((IPEndPoint)database.LocalEndpoint).Port};Username=somebody;SSL Mode=Disable",
            ["urls"] = "http://127.0.0.1:0",
        });
        using var patience = new CancellationTokenSource(_limit);

        // A database that hangs up on everybody: whoever comes again has been told so.
        for (var look = 1; look <= 4; look++)
            (await database.AcceptTcpClientAsync(patience.Token)).Dispose();
        api.Signal(Signals.Terminate);

        Assert.True(await api.ExitAsync(_limit) == 0, api.Said);
        Assert.Single(api.Lines, line => line.Contains("Waiting for a silo: NpgsqlException: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", api.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_none_is_told_in_one_line()
    {
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>(_tokens)
        {
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=none",
            ["urls"] = "127.0.0.1:8080",
        });

        Assert.True(await api.ExitAsync(_limit) == 1, api.Said);
        Assert.Single(api.Lines, line => line.Contains("Not started: Invalid url: '127.0.0.1:8080'", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", api.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_to_find_the_silos_in_it_refuses_to_start_and_says_so_in_one_line()
    {
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = null,
            ["urls"] = "http://127.0.0.1:0",
        });

        Assert.True(await api.ExitAsync(_limit) == 1, api.Said);
        Assert.Single(api.Lines, line => line.Contains("Not started: ConnectionStrings:Postgres is not set", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", api.Said, StringComparison.Ordinal);
    }
}
