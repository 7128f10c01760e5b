using System.Text.Json;
using Amazon.CDK.AWS.ECS;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Logs;

namespace ContinueWatching.Infra;

/// <summary>
/// The side-car of each process: takes its metrics and traces by OTLP, writes the metrics into a log that CloudWatch makes metrics of (EMF), and
/// sends the traces to X-Ray. When it is away the process loses nothing but what it would have told.
/// </summary>
internal static class Collector
{
    /// <summary>Where it listens: in the task, all containers have one loopback.</summary>
    public const string Endpoint = "127.0.0.1:4317";

    // From 0.43 on, histograms of more than 100 buckets are split, which CloudWatch else refuses.
    private const string Image = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3";

    /// <summary>What it has of its task's memory.</summary>
    public const int MemoryMiB = 192;

    private const int Cpu = 64;

    // Of its memory, in percent; beyond it, it refuses what comes instead of being killed.
    private const int MemoryShare = 75;

    /// <summary>Puts the collector beside the process of <paramref name="task"/>.</summary>
    /// <param name="task">The task.</param>
    /// <param name="process">Its name in metrics and traces, and of its stream in the log.</param>
    /// <param name="cluster">The namespace of its metrics.</param>
    /// <param name="metrics">The log that they are written to.</param>
    /// <param name="log">What the collector itself has to say.</param>
    public static void AddCollector(this FargateTaskDefinition task, string process, string cluster, ILogGroup metrics, ILogGroup log)
    {
        task.AddContainer("collector", new ContainerDefinitionOptions
        {
            Image = ContainerImage.FromRegistry(Image),
            Essential = false,
            Cpu = Cpu,
            MemoryLimitMiB = MemoryMiB,
            ReadonlyRootFilesystem = true,
            Environment = new Dictionary<string, string> { ["AOT_CONFIG_CONTENT"] = Configuration(process, log.Stack.Region, cluster, metrics.LogGroupName) },
            Logging = LogDriver.AwsLogs(new AwsLogDriverProps { LogGroup = log, StreamPrefix = "collector" }),
        });

        // Newer than the library: it is started again by itself, and the process beside it never notices.
        ((CfnTaskDefinition)task.Node.DefaultChild!).AddPropertyOverride("ContainerDefinitions.1.RestartPolicy", new Dictionary<string, object>
        {
            ["Enabled"] = true,
        });

        metrics.Grant(task.TaskRole, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents");
        task.AddToTaskRolePolicy(new PolicyStatement(new PolicyStatementProps
        {
            // X-Ray knows no resources.
            Actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            Resources = ["*"],
        }));
    }

    /// <summary>How a process has to send its telemetry, for CloudWatch to make the right thing of it.</summary>
    /// <param name="process">Its name in metrics and traces.</param>
    /// <param name="deployment">The environment.</param>
    /// <param name="cluster">The cluster's id.</param>
    public static Dictionary<string, string> EnvironmentOf(string process, Deployment deployment, string cluster) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{Endpoint}",
        ["OTEL_SERVICE_NAME"] = process,
        ["OTEL_RESOURCE_ATTRIBUTES"] = $"deployment.environment.name={deployment.Environment},continue_watching.cluster={cluster}",

        // The exporter adds up what was sent before for counters only, and sends histograms as they come.
        ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = "delta",

        // Of others it keeps count, sum, least and greatest: no percentile.
        ["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"] = "base2_exponential_bucket_histogram",
    };

    // JSON, which is YAML too. Without $, with which the collector would begin a variable.
    private static string Configuration(string process, string region, string cluster, string log) => JsonSerializer.Serialize(new
    {
        receivers = new { otlp = new { protocols = new { grpc = new { endpoint = Endpoint } } } },
        processors = new
        {
            memory_limiter = new { check_interval = "1s", limit_percentage = MemoryShare, spike_limit_percentage = 20 },
            batch = new { timeout = "5s" },
        },
        exporters = new
        {
            awsemf = new
            {
                region,
                @namespace = cluster,
                log_group_name = log,
                log_stream_name = process,
                dimension_rollup_option = "NoDimensionRollup",
                resource_to_telemetry_conversion = new { enabled = true },
                metric_declarations = EmittedMetric.All.Select(metric => new
                {
                    dimensions = metric.Dimensions,
                    metric_name_selectors = new[] { $"^{metric.Name.Replace(".", "\\.", StringComparison.Ordinal)}" },
                    label_matchers = new[] { new { label_names = new[] { EmittedMetric.ProcessLabel }, regex = $"^{metric.Process}" } },
                }),
                metric_descriptors = EmittedMetric.All.Select(metric => new { metric_name = metric.Name, unit = metric.Unit, overwrite = true }),
            },
            awsxray = new { region },
        },
        service = new
        {
            pipelines = new
            {
                metrics = new { receivers = new[] { "otlp" }, processors = new[] { "memory_limiter", "batch" }, exporters = new[] { "awsemf" } },
                traces = new { receivers = new[] { "otlp" }, processors = new[] { "memory_limiter", "batch" }, exporters = new[] { "awsxray" } },
            },
        },
    });
}
