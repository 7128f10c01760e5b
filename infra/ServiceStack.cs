using Amazon.CDK;
using Amazon.CDK.AWS.ApplicationAutoScaling;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.ECS;
using Amazon.CDK.AWS.ElasticLoadBalancingV2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Scheduler;
using Constructs;
using HealthCheck = Amazon.CDK.AWS.ElasticLoadBalancingV2.HealthCheck;

namespace ContinueWatching.Infra;

/// <summary>
/// One cluster: its silos, its APIs, and the load balancer in front of these. All that changes with a version; two of them can run side by side on one
/// database.
/// </summary>
internal sealed class ServiceStack : Stack
{
    // Of the processor: above it a silo, or an API, is added within minutes, well before what is left is used up.
    private const int CpuTarget = 60;

    // Reports that wait, per silo: a tenth of what one lane may have waiting, where the cadence of players is about to be slowed down.
    private const int QueueTarget = 1_000;

    // Twice as long as RDS needs to fail over.
    private const int UnhealthyChecks = 10;

    private static readonly Duration _scaleOut = Duration.Minutes(1);

    // Each silo that goes wakes its users elsewhere, with a read each: not for every lull.
    private static readonly Duration _scaleIn = Duration.Minutes(15);

    private static readonly Duration _healthInterval = Duration.Seconds(15);
    private static readonly Duration _deregistration = Duration.Seconds(30);

    public ServiceStack(
        Construct scope, string id, IStackProps props, Deployment deployment, string cluster, string version, NetworkStack network, DataStack data)
        : base(scope, id, props)
    {
        ClusterId = cluster;
        Metrics = EmittedMetric.Namespace(deployment, cluster);
        Cluster = new Cluster(this, "Cluster", new ClusterProps { Vpc = network.Vpc, ClusterName = $"{Stacks.Product}-{deployment.Environment}-{cluster}" });

        var logs = $"/{Stacks.Product}/{deployment.Environment}/{cluster}";
        var siloImage = ContainerImage.FromEcrRepository(data.SiloImages, version);
        var metricsLog = deployment.AddLog(this, "MetricsLog", $"{logs}/metrics");
        var collectorLog = deployment.AddLog(this, "CollectorLog", $"{logs}/collector");
        var migration = new MigrationTask(this, "Migration", deployment, Cluster, siloImage, network, data, logs);

        var siloTask = this.AddSiloTask(deployment, cluster, siloImage, data, deployment.AddLog(this, "SiloLog", $"{logs}/silo"));
        siloTask.AddCollector(EmittedMetric.Silo, Metrics, metricsLog, collectorLog);
        Silos = AddService("Silos", siloTask, deployment.Silo, network.Silo);
        migration.Gate(Silos);

        var apiTask = this.AddApiTask(
            deployment, cluster, ContainerImage.FromEcrRepository(data.ApiImages, version), data, deployment.AddLog(this, "ApiLog", $"{logs}/api"));
        apiTask.AddCollector(EmittedMetric.Api, Metrics, metricsLog, collectorLog);
        Apis = AddService("Apis", apiTask, deployment.Api, network.Api);

        // Silos of any version answer APIs of the version before; not always the other way round.
        Apis.Node.AddDependency(Silos);

        Balancer = AddBalancer(network);
        Scale(deployment);
        RenewWeekly();
        this.AddPsqlTask(data);

        // The public's stack refers to these, of the one cluster or the other. Exported always: what is in use there cannot be taken away, not even for
        // the moment in which the public is sent from one to the other.
        _ = ExportValue(Balancer.LoadBalancerArn);
        _ = ExportValue(Balancer.LoadBalancerDnsName);
        _ = ExportValue(Balancer.LoadBalancerFullName);
    }

    /// <summary>The cluster's id, by which its silos and APIs find each other.</summary>
    public string ClusterId { get; }

    /// <summary>The namespace of its metrics.</summary>
    public string Metrics { get; }

    /// <summary>Where its tasks run.</summary>
    public Cluster Cluster { get; }

    /// <summary>The silos: nothing is in front of them, callers find them in Postgres.</summary>
    public FargateService Silos { get; }

    /// <summary>The API processes.</summary>
    public FargateService Apis { get; }

    /// <summary>In front of the APIs, inside the network.</summary>
    public ApplicationLoadBalancer Balancer { get; }

    private FargateService AddService(string id, FargateTaskDefinition task, ProcessSize size, SecurityGroup group)
    {
        // Without a DesiredCount: how many there are is the scaling's business, and a number here would take an evening's silos away with each deployment.
        var service = new FargateService(this, id, new FargateServiceProps
        {
            Cluster = Cluster,
            TaskDefinition = task,
            SecurityGroups = [group],
            VpcSubnets = NetworkStack.ForProcesses,
            AssignPublicIp = false,

            // A new one is up before an old one goes, and at the smallest size one at a time.
            MinHealthyPercent = 100,
            MaxHealthyPercent = Deployment.MaxHealthyPercent(size),
            CircuitBreaker = new DeploymentCircuitBreaker { Enable = true, Rollback = true },
            EnableExecuteCommand = false,
            PropagateTags = PropagatedTagSource.SERVICE,
        });

        // Newer than the library: after the loss of a zone, and its return, they are spread again.
        ((CfnService)service.Node.FindChild("Service")).AddPropertyOverride("AvailabilityZoneRebalancing", "ENABLED");
        return service;
    }

    private ApplicationLoadBalancer AddBalancer(NetworkStack network)
    {
        var balancer = new ApplicationLoadBalancer(this, "Balancer", new ApplicationLoadBalancerProps
        {
            Vpc = network.Vpc,
            VpcSubnets = NetworkStack.ForProcesses,
            InternetFacing = false,
            SecurityGroup = network.Balancer,
            DropInvalidHeaderFields = true,
            DeletionProtection = false,
        });
        var targets = new ApplicationTargetGroup(this, "ApiTargets", new ApplicationTargetGroupProps
        {
            Vpc = network.Vpc,
            Port = NetworkStack.ApiPort,
            Protocol = ApplicationProtocol.HTTP,
            TargetType = TargetType.IP,
            DeregistrationDelay = _deregistration,
            HealthCheck = new HealthCheck
            {
                Path = "/health/ready",
                Interval = _healthInterval,
                Timeout = Duration.Seconds(5),
                HealthyThresholdCount = 2,
                UnhealthyThresholdCount = UnhealthyChecks,
            },
        });
        targets.AddTarget(Apis);
        balancer.AddListener("Http", new BaseApplicationListenerProps
        {
            Port = NetworkStack.BalancerPort,
            Protocol = ApplicationProtocol.HTTP,
            DefaultTargetGroups = [targets],

            // Who may come is the security group's business.
            Open = false,
        });
        return balancer;
    }

    private void Scale(Deployment deployment)
    {
        var silos = Silos.AutoScaleTaskCount(new EnableScalingProps { MinCapacity = deployment.Silo.Min, MaxCapacity = deployment.Silo.Max });
        silos.ScaleOnCpuUtilization("Cpu", new Amazon.CDK.AWS.ECS.CpuUtilizationScalingProps
        {
            TargetUtilizationPercent = CpuTarget,
            ScaleOutCooldown = _scaleOut,
            ScaleInCooldown = _scaleIn,
        });
        silos.ScaleToTrackCustomMetric("CommitQueue", new TrackCustomMetricProps
        {
            Metric = EmittedMetric.CommitQueueDepth.In(Metrics, "Average"),
            TargetValue = QueueTarget,
            ScaleOutCooldown = _scaleOut,
            ScaleInCooldown = _scaleIn,
        });

        var apis = Apis.AutoScaleTaskCount(new EnableScalingProps { MinCapacity = deployment.Api.Min, MaxCapacity = deployment.Api.Max });
        apis.ScaleOnCpuUtilization("Cpu", new Amazon.CDK.AWS.ECS.CpuUtilizationScalingProps
        {
            TargetUtilizationPercent = CpuTarget,
            ScaleOutCooldown = _scaleOut,
            ScaleInCooldown = _scaleIn,
        });
    }

    // A task has the password that was good when it started; the rotation takes it away no sooner than 30 days after it has made another. So no task may
    // grow that old.
    private void RenewWeekly()
    {
        var role = new Role(this, "RenewalRole", new RoleProps
        {
            AssumedBy = new ServicePrincipal("scheduler.amazonaws.com"),
        });
        role.AddToPolicy(new PolicyStatement(new PolicyStatementProps
        {
            Actions = ["ecs:UpdateService"],
            Resources = [Silos.ServiceArn, Apis.ServiceArn],
        }));
        foreach (var (service, schedule) in new[] { (Silos, "cron(0 9 ? * TUE *)"), (Apis, "cron(0 10 ? * TUE *)") })
        {
            _ = new CfnSchedule(this, $"{service.Node.Id}Renewal", new CfnScheduleProps
            {
                Description = "Tasks anew, one after the other, with the newest password",
                ScheduleExpression = schedule,
                FlexibleTimeWindow = new CfnSchedule.FlexibleTimeWindowProperty { Mode = "OFF" },
                Target = new CfnSchedule.TargetProperty
                {
                    Arn = "arn:aws:scheduler:::aws-sdk:ecs:updateService",
                    RoleArn = role.RoleArn,
                    Input = ToJsonString(new Dictionary<string, object>
                    {
                        ["Cluster"] = Cluster.ClusterName,
                        ["Service"] = service.ServiceName,
                        ["ForceNewDeployment"] = true,
                    }),
                },
            });
        }
    }
}
