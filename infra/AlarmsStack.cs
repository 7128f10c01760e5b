using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Constructs;

namespace ContinueWatching.Infra;

/// <summary>
/// What tells people that viewers notice something, or soon will. Each alarm has its section in docs/runbook.md: what viewers notice, what to look at, what to
/// do. What no viewer will ever notice rings nobody.
/// </summary>
internal sealed class AlarmsStack : Stack
{
    // Four nines of a month are four minutes: one bad minute is looked at when it lasts.
    private const double AvailabilityPercent = 99.9;
    private const double ReportSeconds = 1;
    private const double RowSeconds = 1;
    private const double UnavailablePercent = 1;
    private const double CommitSeconds = 0.25;
    private const double RetriesPerMinute = 300;
    private const double CpuPercent = 80;
    private const double ConnectionsShare = 0.8;
    private const double StorageShareFree = 0.15;
    private const double ReplicaLagSeconds = 60;

    // Half of what one lane may have waiting (Storage:CommitQueue).
    private const double QueueDepth = 5_000;

    private readonly Deployment _deployment;
    private readonly Topic _topic;

    public AlarmsStack(Construct scope, string id, IStackProps props, Deployment deployment, DataStack data, ServiceStack live, EdgeStack edge)
        : base(scope, id, props)
    {
        _deployment = deployment;
        _topic = AddTopic();
        var signals = new Signals(deployment, data, live, edge);
        AddPublicAlarms(signals);
        AddServiceAlarms(signals);
        AddDatabaseAlarms(signals);
        _ = new Dashboard(this, "Dashboard", new DashboardProps
        {
            DashboardName = $"{Stacks.Product}-{deployment.Environment}",
            DefaultInterval = Duration.Hours(3),
            Widgets = DashboardWidgets.Of(signals),
        });
    }

    private Topic AddTopic()
    {
        var address = new CfnParameter(this, "AlarmEmail", new CfnParameterProps
        {
            Type = "String",
            Description = "Who is told; the address is asked whether it wants that before anything comes",
            AllowedPattern = "[^@\\s]+@[^@\\s]+\\.[^@\\s]+",
            ConstraintDescription = "an e-mail address",
        });
        var topic = new Topic(this, "Topic", new TopicProps { DisplayName = $"Continue Watching, {_deployment.Environment}" });
        topic.AddSubscription(new EmailSubscription(address.ValueAsString));
        return topic;
    }

    private void AddPublicAlarms(Signals signals)
    {
        Below("availability", signals.Availability, AvailabilityPercent, minutes: 5, "Viewers' requests fail, or are refused");
        Above("report-latency", signals.ReportLatency, ReportSeconds * 1000, minutes: 5, "Of a hundred reports one takes longer than a second");
        Above("row-latency", signals.RowLatency, RowSeconds * 1000, minutes: 5, "Of a hundred rows one takes longer than a second");
        Above("faults", signals.Faults, 5, minutes: 2, "Requests end in a fault of ours (500), or reach no API");
        Above("refused", signals.UnavailableShare, UnavailablePercent, minutes: 5, "More than one request in a hundred is told to come again (503)");
    }

    private void AddServiceAlarms(Signals signals)
    {
        Above("commit-latency", signals.CommitLatency, CommitSeconds, minutes: 5, "Of a hundred commits one takes longer than a quarter of a second");
        Above("queue-depth", signals.QueueDepth, QueueDepth, minutes: 3, "Reports wait for Postgres; when the queue is full they are refused");
        Below("silos", signals.SilosActive, _deployment.Silo.Min, minutes: 5, "Fewer silos than there have to be", TreatMissingData.BREACHING);
        Above("retries", signals.Retries, RetriesPerMinute, minutes: 5, "APIs call again and again: silos are lost, join, or are overloaded");
    }

    private void AddDatabaseAlarms(Signals signals)
    {
        Above("database-cpu", signals.DatabaseCpu, CpuPercent, minutes: 10, "Postgres has little processor left");
        Below(
            "database-storage", signals.DatabaseStorage, _deployment.Database.StorageGiB * StorageShareFree * (1L << 30), minutes: 5,
            "Postgres has little storage left");
        Above(
            "database-connections", signals.DatabaseConnections, Math.Floor(_deployment.Database.MaxConnections * ConnectionsShare), minutes: 5,
            "Postgres has few connections left");
        if (signals.ReplicaLag is { } lag)
        {
            Above("replica-lag", lag, ReplicaLagSeconds, minutes: 10, "The copy of the database is behind, or does not follow", TreatMissingData.BREACHING);
        }
    }

    private void Above(
        string name, IMetric metric, double threshold, int minutes, string what, TreatMissingData missing = TreatMissingData.NOT_BREACHING) =>
        Add(name, metric, threshold, ComparisonOperator.GREATER_THAN_THRESHOLD, minutes, what, missing);

    private void Below(
        string name, IMetric metric, double threshold, int minutes, string what, TreatMissingData missing = TreatMissingData.NOT_BREACHING) =>
        Add(name, metric, threshold, ComparisonOperator.LESS_THAN_THRESHOLD, minutes, what, missing);

    // The periods are minutes; all but one have to be bad, so that a minute without figures in between does not begin the wait anew.
    private void Add(
        string name, IMetric metric, double threshold, ComparisonOperator comparison, int minutes, string what, TreatMissingData missing)
    {
        var alarm = new Alarm(this, name, new AlarmProps
        {
            AlarmName = $"{Stacks.Product}-{_deployment.Environment}-{name}",
            AlarmDescription = $"{what}. {_deployment.RunbookUrl}#{name}",
            Metric = metric,
            Threshold = threshold,
            ComparisonOperator = comparison,
            EvaluationPeriods = minutes,
            DatapointsToAlarm = Math.Max(1, minutes - 1),
            TreatMissingData = missing,
        });
        var topic = new SnsAction(_topic);
        alarm.AddAlarmAction(topic);
        alarm.AddOkAction(topic);
    }
}
