using Amazon.CDK;
using Constructs;

namespace ContinueWatching.Infra;

/// <summary>One environment: stacks by how long what is in them lives, each built on those before it.</summary>
internal sealed class Stacks
{
    /// <summary>The name of the whole, first in the names of all stacks and tags.</summary>
    public const string Product = "continue-watching";

    /// <summary>Builds them.</summary>
    /// <param name="scope">The app.</param>
    /// <param name="deployment">The environment.</param>
    public Stacks(Construct scope, Deployment deployment)
    {
        StackProps Props(string what, bool protect = false) => new()
        {
            StackName = $"{Product}-{deployment.Environment}-{what}",
            Env = new Amazon.CDK.Environment { Account = System.Environment.GetEnvironmentVariable("CDK_DEFAULT_ACCOUNT"), Region = deployment.Region },
            Tags = new Dictionary<string, string> { ["product"] = Product, ["environment"] = deployment.Environment },
            TerminationProtection = protect,
        };

        Network = new NetworkStack(scope, "Network", Props("network", protect: true), deployment);
        Data = new DataStack(scope, "Data", Props("data", protect: true), deployment, Network);
        Services = deployment.Clusters.ToDictionary(
            cluster => cluster.Key,
            cluster => new ServiceStack(
                scope, $"Service-{cluster.Key}", Props($"service-{cluster.Key}"), deployment, cluster.Key, cluster.Value, Network, Data));
        var live = Services[deployment.LiveCluster];
        Edge = new EdgeStack(scope, "Edge", Props("edge"), deployment, Network, live);
        Alarms = new AlarmsStack(scope, "Alarms", Props("alarms"), deployment, Data, live, Edge);
    }

    /// <summary>For ever: the addresses, and who may talk to whom.</summary>
    public NetworkStack Network { get; }

    /// <summary>For ever: what must not be lost.</summary>
    public DataStack Data { get; }

    /// <summary>From version to version: the processes, by their cluster's id.</summary>
    public IReadOnlyDictionary<string, ServiceStack> Services { get; }

    /// <summary>The public's side.</summary>
    public EdgeStack Edge { get; }

    /// <summary>What tells people.</summary>
    public AlarmsStack Alarms { get; }
}
