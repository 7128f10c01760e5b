using System.Text.Json.Nodes;

namespace ContinueWatching.Infra.Tests;

/// <summary>When each alarm rings, and when it does not.</summary>
[Collection(OnTemplates.Name)]
public sealed class AlarmRuleTests(Synthesized synthesized)
{
    private const string Good = "notBreaching";
    private const string Bad = "breaching";

    // Name, what is looked at, the comparison, its threshold, the minutes that are looked at, how many of them have to be bad, what a minute without a figure is.
    [Theory]
    [InlineData("availability", "IF(requests > 0, 100 * (1 - failed / requests), 100); requests: Count, Sum; failed: 5XXError, Sum", "<", 99.9, 5, 4, Good)]
    [InlineData("report-latency", "Latency, p99", ">", 1000, 5, 4, Good)]
    [InlineData("row-latency", "Latency, p99", ">", 1000, 5, 4, Good)]
    [InlineData(
        "faults", "FILL(faults, 0) + FILL(unanswered, 0); faults: http.server.request.duration, SampleCount; unanswered: HTTPCode_ELB_5XX_Count, Sum", ">", 5, 2, 1, Good)]
    [InlineData(
        "refused", "IF(requests > 0, 100 * FILL(unavailable, 0) / requests, 0); unavailable: continue_watching.api.unavailable, Sum; requests: RequestCount, Sum",
        ">", 1, 5, 4, Good)]
    [InlineData("commit-latency", "continue_watching.commit.duration, p99", ">", 0.25, 5, 4, Good)]
    [InlineData("queue-depth", "continue_watching.commit.queue.depth, Maximum", ">", 5000, 3, 2, Good)]
    [InlineData("silos", "orleans-consistent-ring-size, Minimum", "<", 3, 5, 4, Bad)]
    [InlineData("retries", "continue_watching.api.retries, Sum", ">", 300, 5, 4, Good)]
    [InlineData("database-cpu", "CPUUtilization, Average", ">", 80, 10, 9, Good)]
    [InlineData("database-storage", "FreeStorageSpace, Minimum", "<", 60.0 * (1L << 30), 5, 4, Good)]
    [InlineData("database-connections", "DatabaseConnections, Maximum", ">", 1200, 5, 4, Good)]
    [InlineData("replica-lag", "IF(lag < 0, 86400, lag); lag: ReplicaLag, Maximum", ">", 60, 10, 9, Bad)]
    public void It_rings(string name, string figure, string comparison, double threshold, int minutes, int bad, string missing)
    {
        var alarm = Alarm(name);
        Assert.Equal(figure, FigureOf(alarm));
        Assert.Equal(comparison, ComparisonOf(alarm));
        Assert.Equal(threshold, alarm["Threshold"]!.GetValue<double>());
        Assert.Equal(minutes, alarm["EvaluationPeriods"]!.GetValue<int>());
        Assert.Equal(bad, alarm["DatapointsToAlarm"]!.GetValue<int>());
        Assert.Equal(missing, alarm["TreatMissingData"]!.GetValue<string>());
        Assert.All(PeriodsOf(alarm), seconds => Assert.Equal(60, seconds));
    }

    [Fact]
    public void No_alarm_is_left_out_above() => Assert.Equal(
        typeof(AlarmRuleTests).GetMethod(nameof(It_rings))!.GetCustomAttributesData().Count(attribute => attribute.AttributeType == typeof(InlineDataAttribute)),
        synthesized.Production.Alarms.Find("AWS::CloudWatch::Alarm").Count);

    // A minute, as name=value; a name without a value is a metric that has none.
    [Theory]
    [InlineData("availability", "requests failed", false)]
    [InlineData("availability", "requests=0 failed=0", false)]
    [InlineData("availability", "requests=5000 failed=5", false)]
    [InlineData("availability", "requests=5000 failed=6", true)]
    [InlineData("availability", "requests=40 failed=40", true)]
    [InlineData("faults", "faults unanswered", false)]
    [InlineData("faults", "faults=5 unanswered", false)]
    [InlineData("faults", "faults=6 unanswered", true)]
    [InlineData("faults", "faults unanswered=6", true)]
    [InlineData("faults", "faults=3 unanswered=3", true)]
    [InlineData("refused", "unavailable requests", false)]
    [InlineData("refused", "unavailable=7 requests", false)]
    [InlineData("refused", "unavailable requests=1000", false)]
    [InlineData("refused", "unavailable=10 requests=1000", false)]
    [InlineData("refused", "unavailable=11 requests=1000", true)]
    [InlineData("refused", "unavailable=1000 requests=1000", true)]
    [InlineData("replica-lag", "lag=60", false)]
    [InlineData("replica-lag", "lag=61", true)]
    [InlineData("replica-lag", "lag=-1", true)]
    [InlineData("replica-lag", "lag", true)]
    public void A_minute_is_bad_when_viewers_would_notice(string name, string minute, bool isBad)
    {
        var alarm = Alarm(name);
        var values = minute.Split(' ').Select(word => word.Split('=')).ToDictionary(
            word => word[0], word => word.Length == 1 ? (double?)null : double.Parse(word[1], System.Globalization.CultureInfo.InvariantCulture));
        var threshold = alarm["Threshold"]!.GetValue<double>();
        var value = CloudWatchMath.Evaluate(FigureOf(alarm).Split("; ")[0], values);

        Assert.Equal(
            isBad,
            value is { } figure ? (ComparisonOf(alarm) == "<" ? figure < threshold : figure > threshold) : alarm["TreatMissingData"]!.GetValue<string>() == Bad);
    }

    private static string ComparisonOf(JsonNode alarm) => alarm["ComparisonOperator"]!.GetValue<string>() switch
    {
        "LessThanThreshold" => "<",
        "GreaterThanThreshold" => ">",
        var other => other,
    };

    private static string FigureOf(JsonNode alarm) => alarm["Metrics"] is not JsonArray parts
        ? $"{alarm["MetricName"]}, {alarm["Statistic"] ?? alarm["ExtendedStatistic"]}"
        : string.Join("; ", parts.Select(part => part!["Expression"] is { } expression
            ? $"{expression}"
            : $"{part["Id"]}: {part["MetricStat"]!["Metric"]!["MetricName"]}, {part["MetricStat"]!["Stat"]}"));

    private static IEnumerable<int> PeriodsOf(JsonNode alarm) => alarm["Metrics"] is not JsonArray parts
        ? [alarm["Period"]!.GetValue<int>()]
        : parts.Select(part => part!["MetricStat"]?["Period"]).OfType<JsonNode>().Select(period => period.GetValue<int>());

    private JsonNode Alarm(string name) => Assert.Single(
        synthesized.Production.Alarms.Find("AWS::CloudWatch::Alarm").Values,
        alarm => alarm["Properties"]!["AlarmName"]!.GetValue<string>() == $"continue-watching-production-{name}")["Properties"]!;
}
