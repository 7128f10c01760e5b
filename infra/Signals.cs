using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;

namespace ContinueWatching.Infra;

/// <summary>The figures that alarms and the dashboard look at, of one environment's live cluster.</summary>
internal sealed class Signals(Deployment deployment, DataStack data, ServiceStack live, EdgeStack edge)
{
    private const string Sum = "Sum";
    private const string Average = "Average";
    private const string Maximum = "Maximum";
    private const string Minimum = "Minimum";
    private const string P99 = "p99";

    private static readonly Duration _minute = Duration.Minutes(1);

    /// <summary>Whose they are.</summary>
    public Deployment Deployment => deployment;

    /// <summary>Percent of the public's requests that did not end in 5xx. A minute without requests is a good one.</summary>
    public IMetric Availability => Math(
        "IF(requests > 0, 100 * (1 - failed / requests), 100)", "Availability (%)", ("requests", GatewayRequests), ("failed", Gateway("5XXError", Sum)));

    /// <summary>The public's requests in a minute.</summary>
    public IMetric GatewayRequests => Gateway("Count", Sum);

    /// <summary>What the gateway refused or found wrong, in a minute.</summary>
    public IMetric GatewayRefused => Gateway("4XXError", Sum);

    /// <summary>How long a report takes, for the slowest of a hundred, in ms. Of the route, for event streams last for minutes.</summary>
    public IMetric ReportLatency => Route("PUT", "/updateWatchStatus", P99);

    /// <summary>How long a row takes, likewise.</summary>
    public IMetric RowLatency => Route("GET", "/users/{userId}/continue-watching", P99);

    /// <summary>Faults in a minute: answers of 500, and requests that the load balancer had nobody for.</summary>
    public IMetric Faults => Math(
        "FILL(faults, 0) + FILL(unanswered, 0)", "Faults",
        ("faults", EmittedMetric.Requests.In(live.Metrics, "SampleCount", ("http.response.status_code", "500"))),
        ("unanswered", Balancer("HTTPCode_ELB_5XX_Count", Sum)));

    /// <summary>Percent of requests that are told to come again.</summary>
    public IMetric UnavailableShare => Math(
        "IF(requests > 0, 100 * FILL(unavailable, 0) / requests, 0)", "503 (%)",
        ("unavailable", EmittedMetric.Unavailable.In(live.Metrics, Sum)), ("requests", Balancer("RequestCount", Sum)));

    /// <summary>How long Postgres takes for a commit, for the slowest of a hundred, in s.</summary>
    public IMetric CommitLatency => EmittedMetric.CommitDuration.In(live.Metrics, P99);

    /// <summary>The same for half of them.</summary>
    public IMetric CommitMedian => EmittedMetric.CommitDuration.In(live.Metrics, "p50");

    /// <summary>How many reports wait, on the silo where most do.</summary>
    public IMetric QueueDepth => EmittedMetric.CommitQueueDepth.In(live.Metrics, Maximum);

    /// <summary>How many silos there are, as the one sees it that sees fewest.</summary>
    public IMetric SilosActive => EmittedMetric.SilosActive.In(live.Metrics, Minimum);

    /// <summary>Calls that were made again, in a minute.</summary>
    public IMetric Retries => EmittedMetric.Retries.In(live.Metrics, Sum);

    /// <summary>Percent.</summary>
    public IMetric DatabaseCpu => data.Instance.MetricCPUUtilization(Every(Average));

    /// <summary>Bytes.</summary>
    public IMetric DatabaseStorage => data.Instance.MetricFreeStorageSpace(Every(Minimum));

    /// <summary>How many.</summary>
    public IMetric DatabaseConnections => data.Instance.MetricDatabaseConnections(Every(Maximum));

    /// <summary>Seconds; a day when it no longer follows, which RDS tells as -1; null where there is no copy.</summary>
    public IMetric? ReplicaLag => data.Replica is { } copy
        ? Math("IF(lag < 0, 86400, lag)", "The copy is behind (s)", ("lag", copy.Metric("ReplicaLag", Every(Maximum))))
        : null;

    /// <summary>How long the database's storage takes for a write, in s.</summary>
    public IMetric DatabaseWriteLatency => data.Instance.Metric("WriteLatency", Every(Average));

    /// <summary>Percent of the processor that silos use.</summary>
    public IMetric SiloCpu => live.Silos.MetricCpuUtilization(Every(Maximum));

    /// <summary>Percent of the memory that silos use.</summary>
    public IMetric SiloMemory => live.Silos.MetricMemoryUtilization(Every(Maximum));

    /// <summary>Percent of the processor that APIs use.</summary>
    public IMetric ApiCpu => live.Apis.MetricCpuUtilization(Every(Maximum));

    /// <summary>Percent of the memory that APIs use.</summary>
    public IMetric ApiMemory => live.Apis.MetricMemoryUtilization(Every(Maximum));

    /// <summary>A metric of the service.</summary>
    public IMetric Of(EmittedMetric metric, string statistic, (string Name, string Value)? label = null) => metric.In(live.Metrics, statistic, label);

    private static MetricOptions Every(string statistic) => new() { Statistic = statistic, Period = _minute };

    private static MathExpression Math(string expression, string label, params (string Name, IMetric Metric)[] used) => new(new MathExpressionProps
    {
        Expression = expression,
        Label = label,
        UsingMetrics = used.ToDictionary(metric => metric.Name, metric => metric.Metric),
        Period = _minute,
    });

    private Metric Gateway(string name, string statistic) => Of("AWS/ApiGateway", name, statistic, new()
    {
        ["ApiName"] = edge.Api.RestApiName,
        ["Stage"] = EdgeStack.StageName,
    });

    private Metric Route(string method, string path, string statistic) => Of("AWS/ApiGateway", "Latency", statistic, new()
    {
        ["ApiName"] = edge.Api.RestApiName,
        ["Stage"] = EdgeStack.StageName,
        ["Method"] = method,
        ["Resource"] = path,
    });

    private Metric Balancer(string name, string statistic) => Of("AWS/ApplicationELB", name, statistic, new()
    {
        ["LoadBalancer"] = live.Balancer.LoadBalancerFullName,
    });

    private static Metric Of(string space, string name, string statistic, Dictionary<string, string> dimensions) => new(new MetricProps
    {
        Namespace = space,
        MetricName = name,
        Statistic = statistic,
        DimensionsMap = dimensions,
        Period = _minute,
    });
}
