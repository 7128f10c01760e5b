using System.Net;
using System.Text;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Under which address a silo lets itself be found: on ECS that of its task, and nowhere one that only its own machine knows.</summary>
public sealed class AddressTests
{
    private const string Metadata = "ECS_CONTAINER_METADATA_URI_V4";

    [Fact]
    public async Task On_ECS_a_silo_is_found_under_the_address_of_its_task()
    {
        await using var deployment = await Deployment.CreateAsync();
        using var ecs = new FakeEndpoint("""{"DockerId": "x", "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": ["127.0.0.2"]}]}""");

        var silo = await deployment.StartReadySiloAsync(SiloPorts.Free(), ("Cluster__AdvertisedAddress", null), (Metadata, ecs.Url));

        Assert.Equal("127.0.0.2", await FindAdvertisedAsync(deployment));
        Logs.AssertQuiet(silo.Process);
    }

    [Fact]
    public async Task What_is_configured_is_advertised_on_ECS_too()
    {
        await using var deployment = await Deployment.CreateAsync();

        await deployment.StartReadySiloAsync(SiloPorts.Free(), ("Cluster__AdvertisedAddress", "127.0.0.3"), (Metadata, "http://127.0.0.1:1/"));

        Assert.Equal("127.0.0.3", await FindAdvertisedAsync(deployment));
    }

    [Theory]
    [InlineData("""{"Networks": []}""", "is no IPv4 address")]
    [InlineData("""{"Networks": [{"IPv4Addresses": ["fd00::1"]}]}""", "is no IPv4 address")]
    [InlineData("<html>", "invalid start of a value")]
    [InlineData(null, "refused")]
    public async Task A_task_that_does_not_tell_its_address_is_a_start_that_fails_in_one_line(string? answer, string reason)
    {
        await using var deployment = await Deployment.CreateAsync();
        using var ecs = new FakeEndpoint(answer ?? "");
        var url = answer is null ? $"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}" : ecs.Url;

        var silo = deployment.StartSilo(SiloPorts.Free(), ("Cluster__AdvertisedAddress", null), (Metadata, url));

        Assert.Equal(1, await silo.Process.ExitAsync());
        Assert.Contains(reason, Logs.TheOneComplaint(silo.Process), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("169.254.170.2")]
    [InlineData("fe80::1")]
    public async Task An_address_that_only_its_own_machine_knows_is_refused_in_one_line(string address)
    {
        await using var deployment = await Deployment.CreateAsync();

        var silo = deployment.StartSilo(SiloPorts.Free(), ("Cluster__AdvertisedAddress", address), ("Cluster__AllowLoopback", null));

        Assert.Equal(1, await silo.Process.ExitAsync());
        Assert.Contains("under which no other machine finds this silo", Logs.TheOneComplaint(silo.Process), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_development_it_is_not_refused()
    {
        await using var deployment = await Deployment.CreateAsync();

        await deployment.StartReadySiloAsync(SiloPorts.Free(), ("Cluster__AllowLoopback", null), ("DOTNET_ENVIRONMENT", "Development"));
    }

    private static async Task<string?> FindAdvertisedAsync(Deployment deployment)
    {
        await using var source = NpgsqlDataSource.Create(deployment.ConnectionString);
        await using var command = source.CreateCommand("SELECT address FROM OrleansMembershipTable");
        return (string?)await command.ExecuteScalarAsync();
    }

    /// <summary>An endpoint that gives every request the same answer.</summary>
    private sealed class FakeEndpoint : IDisposable
    {
        private readonly HttpListener _listener = new();

        public FakeEndpoint(string answer)
        {
            Url = $"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}/v4/task/";
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = AnswerAsync(Encoding.UTF8.GetBytes(answer));
        }

        public string Url { get; }

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync(byte[] answer)
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    context.Response.ContentType = "application/json";
                    await context.Response.OutputStream.WriteAsync(answer);
                    context.Response.Close();
                }
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // Closed with its test.
            }
        }
    }
}
