using Amazon.CDK;
using Amazon.CDK.AWS.Logs;
using Constructs;

namespace ContinueWatching.Infra;

/// <summary>
/// Logs that end: each has the environment's time to live, and outlives what wrote it; but not a first deployment that failed, which it would keep from being
/// tried again.
/// </summary>
internal static class Logs
{
    /// <summary>Adds a log group.</summary>
    public static LogGroup AddLog(this Deployment deployment, Construct scope, string id, string name)
    {
        var group = new LogGroup(scope, id, new LogGroupProps { LogGroupName = name, RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
        ((CfnLogGroup)group.Node.DefaultChild!).RetentionInDays = deployment.LogDays;
        return group;
    }
}
