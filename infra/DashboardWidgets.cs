using Amazon.CDK.AWS.CloudWatch;

namespace ContinueWatching.Infra;

/// <summary>One page, from the viewers' side down to the database: who looks from above finds the first row that is not well.</summary>
internal static class DashboardWidgets
{
    private const int Width = 8;

    /// <summary>The rows.</summary>
    public static IWidget[][] Of(Signals signals) =>
    [
        [Text($"## What viewers notice\n[Runbook]({signals.Deployment.RunbookUrl})")],
        [
            Graph("Availability (%)", signals.Availability),
            Graph("Slowest of a hundred (ms)", signals.ReportLatency, signals.RowLatency),
            Graph("Requests, and what was refused", signals.GatewayRequests, signals.GatewayRefused, signals.Faults),
        ],
        [
            Graph("503 (%)", signals.UnavailableShare),
            Graph("503 by why", Each(signals, EmittedMetric.Unavailable, "error.type", "StorageUnavailableException", "TimeoutException", "starting", "busy", "event_streams")),
            Graph("429 by whose rate", Each(signals, EmittedMetric.RateLimited, "continue_watching.gate", "user", "service", "address", "check")),
        ],
        [Text("## Reports on their way")],
        [
            Graph(
                "Reports by outcome",
                Each(signals, EmittedMetric.Reports, "continue_watching.outcome", "applied", "superseded", "unchanged", "stale", "ignored", "paused", "invalid")),
            Graph("Waiting for their commit", signals.QueueDepth, signals.Of(EmittedMetric.ReportInterval, "Maximum")),
            Graph("Commits (s)", signals.CommitMedian, signals.CommitLatency),
        ],
        [
            Graph("Reports per commit", signals.Of(EmittedMetric.CommitBatchSize, "Average"), signals.Of(EmittedMetric.CommitBatchSize, "p99")),
            Graph(
                "Users and titles that are read",
                [
                    .. Each(signals, EmittedMetric.LoadQueueDepth, "continue_watching.load.kind", "users", "titles"),
                    signals.Of(EmittedMetric.LoadDuration, "p99"),
                ]),
            Graph("Rows, event streams", signals.Of(EmittedMetric.RowReads, "Sum"), signals.Of(EmittedMetric.EventStreams, "Average")),
        ],
        [Text("## Silos, APIs, Postgres")],
        [
            Graph("Silos, and calls made again", signals.SilosActive, signals.Retries),
            Graph("Silos: processor, memory (%)", signals.SiloCpu, signals.SiloMemory),
            Graph("APIs: processor, memory (%)", signals.ApiCpu, signals.ApiMemory),
        ],
        [
            Graph("Postgres: processor (%)", signals.DatabaseCpu),
            Graph("Postgres: connections", signals.DatabaseConnections),
            Graph("Postgres: free storage (bytes)", signals.DatabaseStorage),
        ],
        [
            Graph("Postgres: a write (s)", signals.DatabaseWriteLatency),
            .. signals.ReplicaLag is { } lag ? new IWidget[] { Graph("The copy is behind (s)", lag) } : [],
        ],
    ];

    private static IMetric[] Each(Signals signals, EmittedMetric metric, string label, params string[] values) =>
        [.. values.Select(value => signals.Of(metric, metric == EmittedMetric.LoadQueueDepth ? "Maximum" : "Sum", (label, value)))];

    private static GraphWidget Graph(string title, params IMetric[] metrics) => new(new GraphWidgetProps
    {
        Title = title,
        Left = metrics,
        Width = Width,
        LeftYAxis = new YAxisProps { Min = 0, ShowUnits = false },
    });

    private static TextWidget Text(string markdown) => new(new TextWidgetProps { Markdown = markdown, Width = 24, Height = 2 });
}
