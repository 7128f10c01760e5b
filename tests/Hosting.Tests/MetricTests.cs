using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>What <c>docs/observability.md</c> says is what a collector receives.</summary>
[Collection(OnRunningCluster.Name)]
public sealed partial class MetricTests(RunningCluster cluster)
{
    private static readonly string _page = File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "docs", "observability.md"));

    [Fact]
    public async Task Each_metric_of_ours_arrives_as_the_page_says_and_no_other_does()
    {
        await cluster.UseEverythingAsync();
        var documented = OwnRow().Matches(_page).Select(row => (
            Name: row.Groups["name"].Value,
            Unit: row.Groups["unit"].Value,
            Labels: Quoted().Matches(row.Groups["labels"].Value).Select(label => label.Groups[1].Value).ToHashSet(),
            Service: $"continue-watching-{row.Groups["process"].Value}".ToLowerInvariant())).ToArray();
        Assert.NotEmpty(documented);

        var received = await cluster.Receiver.FindAsync(
            receiver => Own(receiver) is var own && documented.All(metric => own.Any(series => series.Name == metric.Name)) ? own : null,
            receiver => string.Join('\n', Own(receiver)));

        Assert.Equal(
            documented.Select(metric => (metric.Service, metric.Name, metric.Unit)).ToHashSet(),
            received.Select(series => (series.Service, series.Name, series.Unit)).ToHashSet());
        foreach (var metric in documented)
        {
            var labels = received.Where(series => series.Name == metric.Name).SelectMany(LabelNames).ToHashSet();

            // What has not gone wrong has no error.
            Assert.Equal(metric.Labels, metric.Labels.Contains("error.type") ? [.. labels, "error.type"] : labels);
        }
    }

    [Fact]
    public async Task Each_metric_of_the_libraries_that_the_page_names_arrives()
    {
        await cluster.UseEverythingAsync();
        var section = _page[_page.IndexOf("## Metrics of the libraries", StringComparison.Ordinal).._page.IndexOf("## Traces", StringComparison.Ordinal)];
        var documented = LibraryRow().Matches(section).SelectMany(row => Quoted().Matches(row.Groups["names"].Value)).Select(name => name.Groups[1].Value).ToArray();
        Assert.True(documented.Length > 10);

        await cluster.Receiver.FindAsync(
            receiver => documented.Except(receiver.Metrics.Select(series => series.Name)).Any() ? null : documented,
            receiver => $"all but {string.Join(", ", documented.Except(receiver.Metrics.Select(series => series.Name)))}");
    }

    [Fact]
    public async Task Reports_are_counted_by_what_became_of_them()
    {
        var title = Guid.NewGuid();
        var before = await ValueAsync("continue_watching.reports", "continue_watching.outcome=unchanged", _ => true);

        await cluster.ReportAsync("a-viewer", title);
        await cluster.ReportAsync("a-viewer", title);

        await ValueAsync("continue_watching.reports", "continue_watching.outcome=unchanged", value => value == before + 1);
        Assert.True(await ValueAsync("continue_watching.reports", "continue_watching.outcome=applied", _ => true) >= 1);
        await ValueAsync("continue_watching.commit.batch.size", "", value => value >= 1);
        await ValueAsync("continue_watching.report.interval", "", value => value == 10);
    }

    [Fact]
    public async Task Who_is_refused_is_counted_by_the_gate()
    {
        for (var call = 0; call < 3; call++)
            await RunningCluster.GetAsync(cluster.Api, "/users/somebody/continue-watching", cluster.Tokens.OfService());

        await ValueAsync("continue_watching.api.rate_limited", "continue_watching.gate=service", value => value >= 1);
        await ValueAsync("continue_watching.api.rate_limited", "continue_watching.gate=user", value => value == 0);
    }

    [Fact]
    public async Task Live_event_streams_are_counted_while_they_last()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(cluster.Api, "/users/me/events"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Tokens.Of("a-listener"));
        using (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
            await ValueAsync("continue_watching.api.event_streams", "", value => value == 1);

        await ValueAsync("continue_watching.api.event_streams", "", value => value == 0);
    }

    private async Task<double> ValueAsync(string name, string labels, Predicate<double> isRight) => (await cluster.Receiver.FindAsync(
        receiver => receiver.Metrics.FirstOrDefault(series => series.Name == name && series.Labels == labels) is { } found && isRight(found.Value) ? found : null,
        receiver => string.Join('\n', receiver.Metrics.Where(series => series.Name == name)))).Value;

    private static ReceivedMetric[] Own(OtlpReceiver receiver) =>
        [.. receiver.Metrics.Where(series => series.Name.StartsWith("continue_watching.", StringComparison.Ordinal))];

    private static IEnumerable<string> LabelNames(ReceivedMetric series) =>
        series.Labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(label => label[..label.IndexOf('=', StringComparison.Ordinal)]);

    [GeneratedRegex(@"^\| `(?<name>continue_watching\.[^`]*)` \| [a-z-]+( [a-z]+)? \| `(?<unit>[^`]*)` \| (?<labels>[^|]*)\| (?<process>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex OwnRow();

    [GeneratedRegex(@"^\| (?<names>`[^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex LibraryRow();

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Quoted();
}
