using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ContinueWatching.Testing;

namespace ContinueWatching.Infra.Tests;

/// <summary>What tells people, that it tells them what to do, and that it looks at figures that there are.</summary>
[Collection(OnTemplates.Name)]
public sealed partial class AlarmTests(Synthesized synthesized)
{
    private static readonly string _runbook = File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "docs", "runbook.md"));
    private static readonly string _observability = File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "docs", "observability.md"));

    private SynthesizedStack Stack => synthesized.Production.Alarms;

    [Fact]
    public void All_that_viewers_would_notice_rings() => Assert.Equal(
        [
            "availability", "commit-latency", "database-connections", "database-cpu", "database-storage", "faults", "queue-depth", "refused",
            "replica-lag", "report-latency", "retries", "row-latency", "silos",
        ],
        Alarms().Select(NameOf).Order(StringComparer.Ordinal));

    [Fact]
    public void What_there_is_not_does_not_ring() =>
        Assert.DoesNotContain(synthesized.Staging.Alarms.Find("AWS::CloudWatch::Alarm").Values, alarm => NameOf(alarm["Properties"]!) == "replica-lag");

    [Fact]
    public void Each_alarm_leads_to_its_section_of_the_runbook_and_each_section_has_its_alarm()
    {
        var url = synthesized.Production.Deployment.RunbookUrl;
        Assert.All(Alarms(), alarm => Assert.EndsWith($". {url}#{NameOf(alarm)}", alarm["AlarmDescription"]!.GetValue<string>(), StringComparison.Ordinal));

        Assert.Equal(
            Alarms().Select(NameOf).Order(StringComparer.Ordinal),
            RunbookSection().Matches(_runbook).Select(section => section.Groups["name"].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_section_says_what_viewers_notice_what_to_look_at_and_what_to_do()
    {
        var sections = RunbookSection().Split(_runbook);
        foreach (var section in RunbookSection().Matches(_runbook).Select(match => _runbook[match.Index..].Split("\n## ")[0]))
        {
            foreach (var part in new[] { "**Viewers**", "**Look at**", "**Do**" })
                Assert.True(section.Contains(part, StringComparison.Ordinal), $"{part} is missing: {section}");
        }

        Assert.True(sections.Length > 10);
    }

    [Fact]
    public void Where_it_says_what_to_ask_postgres_it_says_how()
    {
        var lines = _runbook.Split('\n').Where(line => line.Contains("`select ", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length > 4);
        Assert.All(lines, line => Assert.Contains("[psql](operations.md#ask-postgres)", line, StringComparison.Ordinal));
    }

    [Fact]
    public void It_is_told_by_e_mail_when_it_begins_and_when_it_ends()
    {
        Assert.Equal("String", Stack.Json["Parameters"]!["AlarmEmail"]!["Type"]!.GetValue<string>());
        Stack.Has("AWS::SNS::Subscription", """{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}""");
        var topic = Assert.Single(Stack.Find("AWS::SNS::Topic").Keys);
        foreach (var alarm in Alarms())
        {
            Assert.Equal(topic, Assert.Single(alarm["AlarmActions"]!.AsArray())!["Ref"]!.GetValue<string>());
            Assert.Equal(topic, Assert.Single(alarm["OKActions"]!.AsArray())!["Ref"]!.GetValue<string>());
        }
    }

    [Fact]
    public void Each_metric_of_ours_is_on_the_page_that_is_compared_with_what_processes_send()
    {
        foreach (var metric in EmittedMetric.All)
            Assert.Contains($"`{metric.Name}`", _observability, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_metric_of_ours_that_is_looked_at_is_sent_with_just_these_dimensions()
    {
        var known = EmittedMetric.All
            .SelectMany(metric => metric.Dimensions.Select(labels => $"{metric.Name} {metric.Process} {string.Join(',', labels.Order(StringComparer.Ordinal))}"))
            .ToHashSet();
        var looked = Metrics().Where(metric => metric.Space == "ContinueWatching/production/blue").ToArray();

        Assert.True(looked.Length > 10);
        Assert.All(looked, metric => Assert.Contains(
            $"{metric.Metric} {metric.Labels["service.name"]} {string.Join(',', metric.Labels.Keys.Order(StringComparer.Ordinal))}", known));
    }

    [Fact]
    public void A_percentile_is_asked_of_durations_and_sizes_only_and_a_sum_of_what_is_counted()
    {
        foreach (var metric in Metrics().Where(metric => metric.Space.StartsWith("ContinueWatching/", StringComparison.Ordinal)))
        {
            var row = Regex.Match(_observability, $@"^\| `{Regex.Escape(metric.Metric)}` \| (?<kind>gauge|counter|histogram) \|", RegexOptions.Multiline);
            var kind = row.Success ? row.Groups["kind"].Value : metric.Metric == EmittedMetric.Requests.Name ? "histogram" : "gauge";
            Assert.True(
                kind switch
                {
                    "histogram" => metric.Statistic is "p50" or "p99" or "SampleCount" or "Average",
                    "counter" => metric.Statistic == "Sum",
                    _ => metric.Statistic is "Maximum" or "Minimum" or "Average",
                },
                $"{metric.Statistic} of {metric.Metric}, a {kind}");
        }
    }

    [Fact]
    public void The_dashboard_shows_what_the_alarms_look_at()
    {
        var page = WatchedMetric.Dashboard(Stack).ToJsonString();
        foreach (var metric in AlarmMetrics())
            Assert.Contains($"\"{metric.Metric}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_way_of_a_request_is_watched_where_there_are_figures_for_it()
    {
        var routes = Metrics().Where(metric => metric.Labels.ContainsKey("Resource"));
        Assert.All(routes, metric => Assert.Contains(
            PublicRoute.All, route => route.Method == metric.Labels["Method"] && route.Path == metric.Labels["Resource"]));

        // Figures by route are extra; the stage has to be told.
        Assert.All(
            synthesized.Production.Edge.One("AWS::ApiGateway::Stage")["MethodSettings"]!.AsArray(), setting => Assert.True(setting!["MetricsEnabled"]!.GetValue<bool>()));
    }

    private static string NameOf(JsonNode alarm) => alarm["AlarmName"]!.GetValue<string>().Split("continue-watching-production-")[^1].Split("continue-watching-staging-")[^1];

    private IEnumerable<JsonNode> Alarms() => Stack.Find("AWS::CloudWatch::Alarm").Values.Select(alarm => alarm["Properties"]!);

    private IEnumerable<WatchedMetric> Metrics() => AlarmMetrics().Concat(WatchedMetric.OnDashboard(Stack)).Concat(ScalingMetrics());

    private IEnumerable<WatchedMetric> AlarmMetrics() =>
        from alarm in Alarms()
        from metric in alarm["Metrics"] is { } all
            ? all.AsArray().Where(part => part!["MetricStat"] is not null).Select(part => (Metric: part!["MetricStat"]!["Metric"]!, Statistic: part["MetricStat"]!["Stat"]!))
            : [(Metric: alarm, Statistic: alarm["Statistic"] ?? alarm["ExtendedStatistic"]!)]
        select WatchedMetric.Of(metric.Metric, metric.Statistic.GetValue<string>());

    private IEnumerable<WatchedMetric> ScalingMetrics() =>
        synthesized.Production.Service.Find("AWS::ApplicationAutoScaling::ScalingPolicy").Values
            .Select(policy => policy["Properties"]!["TargetTrackingScalingPolicyConfiguration"]!["CustomizedMetricSpecification"])
            .OfType<JsonNode>().Select(metric => WatchedMetric.Of(metric, metric["Statistic"]!.GetValue<string>()));

    [GeneratedRegex("^## (?<name>[a-z-]+)$", RegexOptions.Multiline)]
    private static partial Regex RunbookSection();
}

/// <summary>A metric that an alarm, the dashboard or the scaling looks at.</summary>
internal sealed record WatchedMetric(string Space, string Metric, string Statistic, IReadOnlyDictionary<string, string> Labels)
{
    public static WatchedMetric Of(JsonNode metric, string statistic) => new(
        metric["Namespace"]!.GetValue<string>(), metric["MetricName"]!.GetValue<string>(), statistic,
        metric["Dimensions"]!.AsArray().ToDictionary(dimension => dimension!["Name"]!.GetValue<string>(), dimension => Resolved.Text(dimension!["Value"]!)));

    // ["Namespace", "Name", "dimension", "value", …, {"stat": "p99"}]; or [{"expression": …}].
    public static IEnumerable<WatchedMetric> OnDashboard(SynthesizedStack alarms) =>
        from widget in Dashboard(alarms)["widgets"]!.AsArray()
        from metric in widget!["properties"]?["metrics"]?.AsArray() ?? []
        let words = metric!.AsArray()
        where words[0] is JsonValue
        let names = words.Where(word => word is JsonValue).Select(word => word!.GetValue<string>()).ToArray()
        select new WatchedMetric(
            names[0], names[1],
            words.OfType<JsonObject>().SingleOrDefault()?["stat"]?.GetValue<string>() ?? "Average",
            names[2..].Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]));

    public static JsonNode Dashboard(SynthesizedStack alarms) =>
        JsonNode.Parse(Resolved.Text(alarms.One("AWS::CloudWatch::Dashboard")["DashboardBody"]!))!;
}
