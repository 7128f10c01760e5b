using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>Who is answered what, on which listener.</summary>
[Collection(OnRunningCluster.Name)]
public sealed class AdminListenerTests(RunningCluster cluster)
{
    private const string AdminScope = "continue-watching.admin";

    private string AdminToken => cluster.Tokens.Of("an-operator", ("scope", $"openid {AdminScope}"));

    [Fact]
    public async Task Prometheus_finds_metrics_on_the_admin_listeners_without_a_token()
    {
        await cluster.ReportAsync("a-viewer", Guid.NewGuid());

        var silo = await RunningCluster.GetAsync(cluster.Silo, "/metrics");
        var api = await RunningCluster.GetAsync(cluster.ApiAdmin, "/metrics");

        Assert.Equal((200, 200), (silo.Status, api.Status));
        Assert.Contains("continue_watching_reports_total{", silo.Text, StringComparison.Ordinal);
        Assert.Contains("service_name=\"continue-watching-silo\"", silo.Text, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_bucket{", api.Text, StringComparison.Ordinal);
        Assert.Contains("service_name=\"continue-watching-api\"", api.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/DashboardCounters")]
    public async Task The_public_listener_has_neither_metrics_nor_a_dashboard(string path)
    {
        Assert.Equal(401, (await RunningCluster.GetAsync(cluster.Api, path)).Status);
        Assert.Equal(404, (await RunningCluster.GetAsync(cluster.Api, path, AdminToken)).Status);
        Assert.Equal(404, (await RunningCluster.GetAsync(cluster.Api, path, AdminToken, host: cluster.ApiAdmin.Authority)).Status);
    }

    [Theory]
    [InlineData("/getWatchStatus")]
    [InlineData("/users/me/continue-watching")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health/live")]
    [InlineData("/dashboard/")]
    [InlineData("/")]
    public async Task The_admin_listener_of_an_API_has_metrics_and_nothing_else(string path) =>
        Assert.Equal(404, (await RunningCluster.GetAsync(cluster.ApiAdmin, path, AdminToken, host: cluster.Api.Authority)).Status);

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Probers_need_no_token(string path)
    {
        Assert.Equal((200, "Healthy"), await RunningCluster.GetAsync(cluster.Silo, path));
        Assert.Equal((200, "Healthy"), await RunningCluster.GetAsync(cluster.Api, path));
    }

    [Theory]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/index.min.js")]
    [InlineData("/dashboard/DashboardCounters")]
    [InlineData("/dashboard/ClusterStats")]
    public async Task The_dashboard_is_for_operators(string path)
    {
        var user = cluster.Tokens.Of("a-viewer");
        var service = cluster.Tokens.OfService();
        var almost = cluster.Tokens.Of("an-operator", ("scope", $"{AdminScope}s"));

        Assert.Equal(401, (await RunningCluster.GetAsync(cluster.Silo, path)).Status);
        Assert.Equal(401, (await RunningCluster.GetAsync(cluster.Silo, path, new TestTokens().Of("an-operator", ("scope", AdminScope)))).Status);
        foreach (var token in new[] { user, service, almost })
            Assert.Equal(403, (await RunningCluster.GetAsync(cluster.Silo, path, token)).Status);
        Assert.Equal(200, (await RunningCluster.GetAsync(cluster.Silo, path, AdminToken)).Status);
    }

    // The silo's log, with whatever stands in it.
    [Fact]
    public async Task The_dashboard_does_not_show_the_log() =>
        Assert.NotEqual(200, (await RunningCluster.GetAsync(cluster.Silo, "/dashboard/Trace", AdminToken)).Status);
}
