using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;

namespace ContinueWatching.Hosting.Tests;

/// <summary>Where an API listens for its operators, by what a deployment says.</summary>
public sealed class AdminSettingsTests
{
    private static readonly TestTokens _tokens = new();

    [Theory]
    [InlineData("8082", "Admin:Url was 8082; allowed: one URL with a port")]
    [InlineData("http://127.0.0.1:0", "Admin:Url was http://127.0.0.1:0; allowed: one URL with a port")]
    [InlineData("http://unix:/tmp/admin.sock", "Admin:Url was http://unix:/tmp/admin.sock; allowed: one URL with a port")]
    [InlineData("http://127.0.0.1:{public}", "Admin:Url and urls have the same port")]
    public async Task Nonsense_is_refused_in_one_line(string url, string complaint)
    {
        var port = ServiceProcess.FreePorts(1)[0];
        await using var api = Start(new()
        {
            ["urls"] = $"http://127.0.0.1:{port}",
            ["Admin__Url"] = url.Replace("{public}", $"{port}", StringComparison.Ordinal),
        });

        Assert.True(await api.ExitAsync() == 1, api.Said);
        Assert.Contains(complaint, Assert.Single(api.Lines, line => line.Contains("Not started: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", api.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_listens_beside_the_endpoints_of_Kestrels_own_section()
    {
        var ports = ServiceProcess.FreePorts(2);
        await using var api = Start(new()
        {
            ["Kestrel__Endpoints__Public__Url"] = $"http://127.0.0.1:{ports[0]}",
            ["Admin__Url"] = $"http://127.0.0.1:{ports[1]}",
        });

        await api.AnswersAsync(new Uri($"http://127.0.0.1:{ports[1]}/metrics"));
        await api.AnswersAsync(new Uri($"http://127.0.0.1:{ports[0]}/health/live"));
        Assert.Equal(404, (await RunningCluster.GetAsync(new Uri($"http://127.0.0.1:{ports[1]}"), "/health/live")).Status);
    }

    // Container images say where to listen by ports, on all addresses: not to be tried on every machine that runs tests.
    [Fact]
    public void It_listens_beside_the_ports_that_a_container_image_names()
    {
        var builder = WebApplication.CreateBuilder(["--http_ports=8080", "--https_ports=8443", "--Admin:Url=http://0.0.0.0:8082"]);

        builder.AddAdminListener();

        Assert.Equal("http://*:8080;https://*:8443;http://0.0.0.0:8082", builder.Configuration["urls"]);
        Assert.Null(builder.Configuration["http_ports"]);
    }

    [Fact]
    public async Task Without_an_address_there_is_none()
    {
        var port = ServiceProcess.FreePorts(1)[0];
        await using var api = Start(new() { ["urls"] = $"http://127.0.0.1:{port}", ["Admin__Url"] = "" });

        await api.AnswersAsync(new Uri($"http://127.0.0.1:{port}/health/live"));

        Assert.Single(api.Lines, line => line.Contains("Now listening on", StringComparison.Ordinal));
    }

    // It looks for a silo in a database that is not there: it listens all the same.
    private static ServiceProcess Start(Dictionary<string, string?> settings)
    {
        settings["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=none;Username=nobody";
        foreach (var setting in _tokens.Configuration)
        {
            var separator = setting.IndexOf('=', StringComparison.Ordinal);
            settings[setting[..separator].Replace(":", "__", StringComparison.Ordinal)] = setting[(separator + 1)..];
        }

        return ServiceProcess.Start("Api", settings);
    }
}
