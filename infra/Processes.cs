using Amazon.CDK;
using Amazon.CDK.AWS.ECS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;
using HealthCheck = Amazon.CDK.AWS.ECS.HealthCheck;
using Secret = Amazon.CDK.AWS.ECS.Secret;

namespace ContinueWatching.Infra;

/// <summary>
/// The tasks of silos and APIs: the image, and the settings of the README's table as environment variables. What is secret comes from Secrets Manager
/// when a task starts, and stands in no template.
/// </summary>
internal static class Processes
{
    // ECS gives no more. A silo's own limit (SiloHost) is half of it.
    private static readonly Duration _stopTimeout = Duration.Seconds(120);

    /// <summary>As whom a process logs in to Postgres: Npgsql reads these variables where the connection string does not say.</summary>
    public static Dictionary<string, Secret> DatabaseSecrets(ISecret secret) => new()
    {
        ["PGUSER"] = Secret.FromSecretsManager(secret, "username"),
        ["PGPASSWORD"] = Secret.FromSecretsManager(secret, "password"),
    };

    /// <summary>The task of a silo.</summary>
    public static FargateTaskDefinition AddSiloTask(
        this Construct scope, Deployment deployment, string cluster, ContainerImage image, DataStack data, ILogGroup log)
    {
        var environment = Common(EmittedMetric.Silo, deployment, cluster);
        environment["urls"] = "http://0.0.0.0:8081";
        environment["ConnectionStrings__Postgres"] = data.ConnectionString(deployment.Database, deployment.Silo.Connections, DataStack.Role);
        environment["Cluster__SiloPort"] = $"{NetworkStack.SiloPort}";
        environment["Cluster__GatewayPort"] = $"{NetworkStack.GatewayPort}";

        // The migration task does it, with nobody else about.
        environment["Storage__MigrateAtStart"] = "false";
        return AddTask(scope, "Silo", "silo", deployment.Silo, image, environment, data.RoleSecret, log, NetworkStack.SiloPort, NetworkStack.GatewayPort);
    }

    /// <summary>The task of an API process.</summary>
    public static FargateTaskDefinition AddApiTask(
        this Construct scope, Deployment deployment, string cluster, ContainerImage image, DataStack data, ILogGroup log)
    {
        var environment = Common(EmittedMetric.Api, deployment, cluster);
        environment["urls"] = $"http://0.0.0.0:{NetworkStack.ApiPort}";

        // Nobody fetches metrics: they are sent. Loopback is the task's own.
        environment["Admin__Url"] = "http://127.0.0.1:8082";
        environment["ConnectionStrings__Postgres"] = data.ConnectionString(deployment.Database, deployment.Api.Connections, DataStack.Caller);
        environment["Authentication__Schemes__Bearer__Authority"] = deployment.Tokens.Authority;
        environment["Authentication__Schemes__Bearer__ValidAudience"] = deployment.Tokens.Audience;

        // The load balancer's addresses, and those by which API Gateway comes to it.
        environment["Api__TrustedNetworks__0"] = deployment.Cidr;

        // Whether the gateway's stage stands before the path is not known for certain: with this it may, or not.
        environment["Api__PathBase"] = $"/{EdgeStack.StageName}";
        foreach (var (origin, number) in deployment.CorsOrigins.Select((origin, number) => (origin, number)))
        {
            environment[$"Api__CorsOrigins__{number}"] = origin;
        }

        return AddTask(scope, "Api", "api", deployment.Api, image, environment, data.CallerSecret, log, NetworkStack.ApiPort);
    }

    private static Dictionary<string, string> Common(string process, Deployment deployment, string cluster) =>
        new(Collector.EnvironmentOf(process, deployment, cluster))
        {
            ["Cluster__ClusterId"] = cluster,
            ["Cluster__ServiceId"] = Stacks.Product,

            // Diagnostics write into /tmp, and the root file system is read-only.
            ["DOTNET_EnableDiagnostics"] = "0",
        };

    private static FargateTaskDefinition AddTask(
        Construct scope, string id, string name, ProcessSize size, ContainerImage image, Dictionary<string, string> environment, ISecret login,
        ILogGroup log, params int[] ports)
    {
        foreach (var (key, value) in size.Settings)
        {
            environment[key] = value;
        }

        var task = new FargateTaskDefinition(scope, $"{id}Task", new FargateTaskDefinitionProps
        {
            Cpu = size.Cpu,
            MemoryLimitMiB = size.MemoryMiB,
            RuntimePlatform = new RuntimePlatform { CpuArchitecture = CpuArchitecture.X86_64, OperatingSystemFamily = OperatingSystemFamily.LINUX },
        });
        task.AddContainer(name, new ContainerDefinitionOptions
        {
            Image = image,
            Essential = true,
            ReadonlyRootFilesystem = true,

            // What the process takes for the machine's memory: it lets idle users go before this is used up.
            MemoryLimitMiB = size.MemoryMiB - Collector.MemoryMiB,
            StopTimeout = _stopTimeout,
            Environment = environment,
            Secrets = DatabaseSecrets(login),
            Logging = LogDriver.AwsLogs(new AwsLogDriverProps { LogGroup = log, StreamPrefix = name }),
            PortMappings = [.. ports.Select(port => new PortMapping { ContainerPort = port })],

            // Five minutes until ECS replaces it. What is asked is whether it can serve, and while Postgres fails over to its other zone no process can:
            // to kill all of them for that would make a minute's refusals an outage, and nobody could even read.
            HealthCheck = new HealthCheck
            {
                Command = ["CMD", "dotnet", $"ContinueWatching.{id}.dll", "--health"],
                Interval = Duration.Seconds(30),
                Timeout = Duration.Seconds(5),
                Retries = 10,
                StartPeriod = Duration.Seconds(120),
            },
        });
        return task;
    }
}
