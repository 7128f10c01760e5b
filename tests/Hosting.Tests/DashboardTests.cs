using System.Text.Json;
using System.Text.RegularExpressions;
using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>What the dashboard in <c>deploy/grafana</c> asks Prometheus for is there: in what a silo and an API answer to a scrape.</summary>
[Collection(OnRunningCluster.Name)]
public sealed partial class DashboardTests(RunningCluster cluster)
{
    // What Prometheus 3 says that it takes: also names with dots in them, which a dashboard would have to quote.
    private const string Accepted =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

    private static readonly string _deploy = Path.Combine(ServiceProcess.RepositoryRoot(), "deploy");

    [Fact]
    public async Task Each_metric_and_label_of_the_dashboard_is_in_a_scrape()
    {
        await cluster.UseEverythingAsync();
        var scraped = (await ScrapeAsync(cluster.Silo, "silo")).Concat(await ScrapeAsync(cluster.ApiAdmin, "api")).ToArray();

        Assert.All(Queries(), query =>
        {
            var expression = new PromExpression(query.Expression);
            Assert.NotEmpty(expression.Selectors);
            foreach (var selector in expression.Selectors)
            {
                Assert.True(Array.Exists(scraped, series => series.Metric == selector.Metric), $"{selector.Metric} is sent by nobody.");
                Assert.True(Array.Exists(scraped, selector.Selects), $"No {selector.Metric} is {string.Join(", ", selector.Matchers)}.");
                foreach (var label in selector.Matchers.Select(matcher => matcher.Label).Concat(expression.GroupedBy))
                    Assert.True(Array.Exists(scraped, series => selector.Selects(series) && series.Labels.ContainsKey(label)), $"{selector.Metric} has no label {label}.");
            }

            Assert.Subset(new HashSet<string>(expression.GroupedBy), LegendLabel().Matches(query.Legend).Select(label => label.Groups[1].Value).ToHashSet());
        });
    }

    [Fact]
    public void The_dashboard_shows_each_metric_of_ours()
    {
        var shown = Queries().SelectMany(query => new PromExpression(query.Expression).Selectors).Select(selector => selector.Metric).ToArray();
        var page = File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "docs", "observability.md"));
        var ours = OwnRow().Matches(page).Select(row => row.Groups[1].Value.Replace('.', '_')).ToArray();
        Assert.True(ours.Length > 10);

        // Of waking users how many is enough; how long it takes is in the statements of Postgres. Rows are counted where they are asked for.
        string[] left = ["continue_watching_load_duration", "continue_watching_row_reads"];
        Assert.Equal([], ours.Except(left).Where(name => !Array.Exists(shown, metric => metric.StartsWith(name, StringComparison.Ordinal))));
    }

    [Fact]
    public void Panels_have_numbers_of_their_own_and_do_not_overlap()
    {
        var places = new HashSet<(int X, int Y)>();
        var numbers = new HashSet<int>();
        foreach (var panel in Panels())
        {
            Assert.True(numbers.Add(panel.GetProperty("id").GetInt32()));
            var at = panel.GetProperty("gridPos");
            var (left, top) = (at.GetProperty("x").GetInt32(), at.GetProperty("y").GetInt32());
            for (var x = left; x < left + at.GetProperty("w").GetInt32(); x++)
            {
                for (var y = top; y < top + at.GetProperty("h").GetInt32(); y++)
                    Assert.True(x < 24 && places.Add((x, y)), $"{panel.GetProperty("title")} lies over another panel.");
            }
        }
    }

    [Fact]
    public void Prometheus_is_told_the_ports_at_which_metrics_are()
    {
        var config = File.ReadAllText(Path.Combine(_deploy, "prometheus", "prometheus.yml"));
        var dockerfile = File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "Dockerfile"));

        // The silo's own listener, and the API's admin listener: the defaults of both, which images and Compose leave alone.
        Assert.Equal(
            [("silo", "8081"), ("api", "8082")],
            Target().Matches(config).Select(target => (target.Groups["name"].Value, target.Groups["port"].Value)));
        Assert.Contains("ASPNETCORE_HTTP_PORTS=8081", dockerfile, StringComparison.Ordinal);
        Assert.Equal(["silo", "api"], Job().Matches(config).Select(job => job.Groups[1].Value));
    }

    private static IEnumerable<JsonElement> Panels()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(_deploy, "grafana", "dashboards", "continue-watching.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().Select(panel => panel.Clone())];
    }

    private static IEnumerable<(string Expression, string Legend)> Queries() =>
        from panel in Panels()
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select (target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!);

    private static async Task<PromSeries[]> ScrapeAsync(Uri listener, string job)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(listener, "/metrics"));
        request.Headers.Add("Accept", Accepted);
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
        return [.. PromSeries.Read(await answer.Content.ReadAsStringAsync(), job)];
    }

    [GeneratedRegex(@"\{\{\s*(\w+)\s*\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"^\| `(continue_watching\.[^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex OwnRow();

    [GeneratedRegex(@"names: \[(?<name>\w+)\]\s+type: A\s+port: (?<port>\d+)")]
    private static partial Regex Target();

    [GeneratedRegex(@"job_name: (\w+)")]
    private static partial Regex Job();
}
