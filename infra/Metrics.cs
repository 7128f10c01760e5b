using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;

namespace ContinueWatching.Infra;

/// <summary>
/// A metric of the service (docs/observability.md) that becomes one of CloudWatch's. What is not in <see cref="All"/> is not sent there: each
/// name and each set of labels costs.
/// </summary>
/// <param name="Name">As the process sends it; CloudWatch has it under the same name.</param>
/// <param name="Process">Which process sends it: <c>continue-watching-silo</c>.</param>
/// <param name="Unit">CloudWatch's word for the unit. OpenTelemetry's <c>{report}</c> would have the whole record refused.</param>
/// <param name="Labels">The labels that may be looked at one by one; all together can be looked at always.</param>
internal sealed record EmittedMetric(string Name, string Process, string Unit, params string[] Labels)
{
    /// <summary>The silo's name in metrics and traces.</summary>
    public const string Silo = "continue-watching-silo";

    /// <summary>The API's.</summary>
    public const string Api = "continue-watching-api";

    /// <summary>The dimension that tells them apart.</summary>
    public const string ProcessLabel = "service.name";

    private const string Count = "Count";
    private const string Seconds = "Seconds";

    public static EmittedMetric Reports { get; } = new("continue_watching.reports", Silo, Count, "continue_watching.outcome");

    public static EmittedMetric ReportInterval { get; } = new("continue_watching.report.interval", Silo, Seconds);

    public static EmittedMetric RowReads { get; } = new("continue_watching.row.reads", Silo, Count);

    public static EmittedMetric CommitBatchSize { get; } = new("continue_watching.commit.batch.size", Silo, Count);

    public static EmittedMetric CommitDuration { get; } = new("continue_watching.commit.duration", Silo, Seconds);

    public static EmittedMetric CommitQueueDepth { get; } = new("continue_watching.commit.queue.depth", Silo, Count);

    public static EmittedMetric LoadDuration { get; } = new("continue_watching.load.duration", Silo, Seconds, "continue_watching.load.kind");

    public static EmittedMetric LoadQueueDepth { get; } = new("continue_watching.load.queue.depth", Silo, Count, "continue_watching.load.kind");

    public static EmittedMetric SilosActive { get; } = new("orleans-consistent-ring-size", Silo, Count);

    public static EmittedMetric Retries { get; } = new("continue_watching.api.retries", Api, Count);

    public static EmittedMetric RateLimited { get; } = new("continue_watching.api.rate_limited", Api, Count, "continue_watching.gate");

    public static EmittedMetric Unavailable { get; } = new("continue_watching.api.unavailable", Api, Count, "error.type");

    public static EmittedMetric EventStreams { get; } = new("continue_watching.api.event_streams", Api, Count);

    public static EmittedMetric Requests { get; } = new("http.server.request.duration", Api, Seconds, "http.response.status_code");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<EmittedMetric> All { get; } =
    [
        Reports, ReportInterval, RowReads, CommitBatchSize, CommitDuration, CommitQueueDepth, LoadDuration, LoadQueueDepth, SilosActive,
        Retries, RateLimited, Unavailable, EventStreams, Requests,
    ];

    /// <summary>The sets of labels under which CloudWatch knows it.</summary>
    public IEnumerable<string[]> Dimensions => [[ProcessLabel], .. Labels.Select(label => new[] { ProcessLabel, label })];

    /// <summary>The metrics of one cluster: two that run side by side are not mixed up.</summary>
    public static string Namespace(Deployment deployment, string cluster) => $"ContinueWatching/{deployment.Environment}/{cluster}";

    /// <summary>CloudWatch's metric of a live cluster.</summary>
    /// <param name="cluster">The namespace: <see cref="Namespace"/>.</param>
    /// <param name="statistic">What is made of a minute's values: <c>Sum</c>, <c>p99</c>.</param>
    /// <param name="label">One of <see cref="Labels"/> and its value; else all values together.</param>
    public Metric In(string cluster, string statistic, (string Name, string Value)? label = null)
    {
        var dimensions = new Dictionary<string, string> { [ProcessLabel] = Process };
        if (label is { } one)
        {
            dimensions.Add(one.Name, one.Value);
        }

        return new Metric(new MetricProps
        {
            Namespace = cluster,
            MetricName = Name,
            DimensionsMap = dimensions,
            Statistic = statistic,
            Period = Duration.Minutes(1),
        });
    }
}
