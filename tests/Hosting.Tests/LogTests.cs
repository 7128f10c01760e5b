using System.Diagnostics;
using System.Text.Json;
using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>What an operator, or the program that collects logs, reads on standard output.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task Each_line_is_JSON_and_names_the_trace_of_the_request_that_it_belongs_to()
    {
        await using var cluster = await RunningCluster.StartAsync(("Cluster__ResponseTimeout", "00:00:01"));
        var trace = ActivityTraceId.CreateRandom();
        Assert.Equal(200, (await cluster.ReportAsync("a-viewer", Guid.NewGuid())).Status);

        cluster.SiloProcess.Signal(Signals.Kill);
        await cluster.SiloProcess.ExitAsync();
        var refused = await cluster.ReportAsync("a-viewer", Guid.NewGuid(), $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        Assert.Equal(503, refused.Status);
        var line = JsonDocument.Parse(await cluster.ApiProcess.LineAsync("Requests are answered 503")).RootElement;
        Assert.Equal("Warning", line.GetProperty("LogLevel").GetString());
        Assert.Equal("ContinueWatching.Api.Http.Unavailable", line.GetProperty("Category").GetString());
        Assert.Contains(line.GetProperty("Scopes").EnumerateArray(), scope =>
            scope.TryGetProperty("TraceId", out var id) && id.GetString() == $"{trace}");
        Assert.All(cluster.ApiProcess.Lines, text => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(text).RootElement.ValueKind));

        // Why it was refused is counted as well.
        var metrics = await RunningCluster.GetAsync(cluster.ApiAdmin, "/metrics");
        Assert.Matches("continue_watching_api_unavailable_total\\{[^}]*error_type=\"[A-Z][A-Za-z]+Exception\"[^}]*\\} [1-9]", metrics.Text);
    }

    [Fact]
    public async Task Without_a_collector_nothing_is_sent_and_nothing_is_said_of_it()
    {
        await using var cluster = await RunningCluster.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", null));

        Assert.Equal(200, (await cluster.ReportAsync("a-viewer", Guid.NewGuid())).Status);

        AssertNotTold(cluster, "exporter");
        Assert.Empty(cluster.Receiver.Text);
        Assert.Contains("continue_watching_reports_total", (await RunningCluster.GetAsync(cluster.Silo, "/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_is_away_disturbs_nobody()
    {
        var nobody = $"127.0.0.1:{ServiceProcess.FreePorts(1)[0]}";
        await using var cluster = await RunningCluster.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{nobody}"), ("OTEL_BSP_SCHEDULE_DELAY", "1"));

        for (var report = 0; report < 10; report++)
            Assert.Equal(200, (await cluster.ReportAsync("a-viewer", Guid.NewGuid())).Status);

        cluster.SiloProcess.Signal(Signals.Terminate);
        Assert.Equal(0, await cluster.SiloProcess.ExitAsync());
        AssertNotTold(cluster, nobody);
    }

    [Fact]
    public async Task What_is_not_to_be_sent_is_not()
    {
        await using var cluster = await RunningCluster.StartAsync(("OTEL_TRACES_EXPORTER", "none"));

        Assert.Equal(200, (await cluster.ReportAsync("a-viewer", Guid.NewGuid())).Status);

        await cluster.Receiver.FindAsync(
            receiver => receiver.Metrics.FirstOrDefault(series => series.Name == "continue_watching.reports" && series.Value == 1), _ => "");
        Assert.Empty(cluster.Receiver.Spans);
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER was sometimes; allowed: always_on")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5", "OTEL_TRACES_SAMPLER_ARG was 1.5; allowed: a number from 0 to 1.")]
    public async Task Nonsense_is_refused_in_one_line(string name, string value, string complaint)
    {
        await using var silo = ServiceProcess.Start("Silo", new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=never-asked;Username=nobody",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1",
            ["urls"] = "http://127.0.0.1:0",
            [name] = value,
        });

        Assert.True(await silo.ExitAsync() == 1, silo.Said);
        Assert.Contains(complaint, Assert.Single(silo.Lines, line => line.Contains("Not started: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_names_its_services()
    {
        await using var cluster = await RunningCluster.StartAsync(("OTEL_SERVICE_NAME", "watching-eu"));

        await cluster.Receiver.FindAsync(
            receiver => receiver.Metrics.FirstOrDefault(series => series.Name == "continue_watching.reports"), _ => "");

        Assert.All(cluster.Receiver.Metrics, series => Assert.Equal("watching-eu", series.Service));
    }

    [Fact]
    public async Task A_silo_that_knows_no_tokens_has_no_dashboard_and_says_so_once()
    {
        var tokens = new TestTokens().Configuration.Select(setting =>
            (setting[..setting.IndexOf('=', StringComparison.Ordinal)].Replace(":", "__", StringComparison.Ordinal), (string?)null)).ToArray();
        await using var silo = await SiloAlone.StartAsync(tokens);

        await silo.Process.LineAsync("No dashboard: Authentication:Schemes:Bearer is not set");

        Assert.Single(silo.Process.Lines, line => line.Contains("dashboard", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(404, (await RunningCluster.GetAsync(silo.Url, "/dashboard/")).Status);
        Assert.Equal(200, (await RunningCluster.GetAsync(silo.Url, "/metrics")).Status);
    }

    [Fact]
    public async Task In_a_terminal_the_log_can_be_read()
    {
        await using var silo = await SiloAlone.StartAsync(("Logging__Console__FormatterName", "simple"));

        Assert.StartsWith("info: ", await silo.Process.LineAsync("info: "), StringComparison.Ordinal);
        Assert.DoesNotContain(silo.Process.Lines, line => line.StartsWith('{'));
    }

    private static void AssertNotTold(RunningCluster cluster, string what) => Assert.DoesNotContain(
        cluster.SiloProcess.Lines.Concat(cluster.ApiProcess.Lines),
        line => new[] { "OpenTelemetry", "OTLP", "   at ", what }.Any(text => line.Contains(text, StringComparison.OrdinalIgnoreCase)));
}
