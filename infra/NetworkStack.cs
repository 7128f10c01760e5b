using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Constructs;

namespace ContinueWatching.Infra;

/// <summary>
/// The network, and all of who may talk to whom: a silo's ports have no sign-in, so that whoever reaches them may call any user's grain. No
/// rule is anywhere else.
/// </summary>
internal sealed class NetworkStack : Stack
{
    /// <summary>Where silos talk to each other.</summary>
    public const int SiloPort = 11111;

    /// <summary>Where callers of grains come in.</summary>
    public const int GatewayPort = 30000;

    /// <summary>Where an API serves REST.</summary>
    public const int ApiPort = 8080;

    /// <summary>Where the load balancer in front of the APIs listens.</summary>
    public const int BalancerPort = 80;

    /// <summary>Where Postgres listens.</summary>
    public const int DatabasePort = 5432;

    public NetworkStack(Construct scope, string id, IStackProps props, Deployment deployment)
        : base(scope, id, props)
    {
        Vpc = new Vpc(this, "Vpc", new VpcProps
        {
            IpAddresses = IpAddresses.Cidr(deployment.Cidr),
            AvailabilityZones = [.. deployment.AvailabilityZones],
            NatGateways = deployment.NatGateways,
            SubnetConfiguration =
            [
                new SubnetConfiguration { Name = "public", SubnetType = SubnetType.PUBLIC, CidrMask = 24 },
                new SubnetConfiguration { Name = "processes", SubnetType = SubnetType.PRIVATE_WITH_EGRESS, CidrMask = 22 },
                new SubnetConfiguration { Name = "data", SubnetType = SubnetType.PRIVATE_ISOLATED, CidrMask = 24 },
            ],
        });

        // The layers of images come from S3, and need not go through the NAT gateways.
        Vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.S3 });

        Edge = Group("Edge", "The way in from API Gateway");
        Balancer = Group("Balancer", "The load balancer in front of the APIs");
        Api = Group("Api", "API processes");
        Silo = Group("Silo", "Silos");
        Callers = Group("Callers", "Internal services that call grains, or REST, from inside");
        Migration = Group("Migration", "The tasks that bring the schema up to date, or ask Postgres by hand");
        Rotation = Group("Rotation", "What changes the passwords of Postgres");
        Database = Group("Database", "Postgres", mayCallOut: false);

        Allow(Balancer, BalancerPort, Edge, Callers);
        Allow(Api, ApiPort, Balancer);
        Allow(Silo, SiloPort, Silo);
        Allow(Silo, GatewayPort, Api, Callers);
        Allow(Database, DatabasePort, Silo, Api, Callers, Migration, Rotation);

        // For the services that are to call: they join the group, and nothing here changes.
        _ = new CfnOutput(this, "CallersGroup", new CfnOutputProps
        {
            Value = Callers.SecurityGroupId,
            Description = "The security group of internal services that call grains or REST",
        });
    }

    /// <summary>The network.</summary>
    public Vpc Vpc { get; }

    /// <summary>API Gateway's way in.</summary>
    public SecurityGroup Edge { get; }

    /// <summary>The load balancer in front of the APIs.</summary>
    public SecurityGroup Balancer { get; }

    /// <summary>API processes.</summary>
    public SecurityGroup Api { get; }

    /// <summary>Silos.</summary>
    public SecurityGroup Silo { get; }

    /// <summary>Internal services that call grains.</summary>
    public SecurityGroup Callers { get; }

    /// <summary>The task that brings the schema up to date, and the one in which people ask Postgres.</summary>
    public SecurityGroup Migration { get; }

    /// <summary>What changes the database's passwords.</summary>
    public SecurityGroup Rotation { get; }

    /// <summary>Postgres.</summary>
    public SecurityGroup Database { get; }

    /// <summary>Where processes run.</summary>
    public static SubnetSelection ForProcesses { get; } = new SubnetSelection { SubnetType = SubnetType.PRIVATE_WITH_EGRESS };

    /// <summary>Where Postgres runs, which nobody outside reaches and which reaches nobody.</summary>
    public static SubnetSelection ForData { get; } = new SubnetSelection { SubnetType = SubnetType.PRIVATE_ISOLATED };

    private SecurityGroup Group(string id, string description, bool mayCallOut = true) => new(this, id, new SecurityGroupProps
    {
        Vpc = Vpc,
        Description = description,
        AllowAllOutbound = mayCallOut,
    });

    private static void Allow(SecurityGroup to, int port, params SecurityGroup[] callers)
    {
        foreach (var caller in callers)
        {
            to.AddIngressRule(caller, Port.Tcp(port), $"{caller.Node.Id} to {to.Node.Id}");
        }
    }
}
