using System.Reflection;
using Amazon.CDK;
using Amazon.CDK.AWS.ECS;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Lambda;
using Constructs;
using Secret = Amazon.CDK.AWS.ECS.Secret;

namespace ContinueWatching.Infra;

/// <summary>
/// Brings the schema up to date in each deployment, as a task of its own: CloudFormation waits for its end, and what depends on it is left alone
/// when it fails.
/// </summary>
internal sealed class MigrationTask : Construct
{
    private const int Cpu = 512;
    private const int MemoryMiB = 1024;
    private const int Connections = 2;

    // Longer than a function may run there is nothing in CloudFormation that waits without a machinery of its own.
    private static readonly Duration _patience = Duration.Minutes(15);

    private readonly CustomResource _run;

    public MigrationTask(
        Construct scope, string id, Deployment deployment, Cluster cluster, ContainerImage image, NetworkStack network, DataStack data, string logs)
        : base(scope, id)
    {
        var log = deployment.AddLog(this, "Log", $"{logs}/migration");
        var task = CreateTask(deployment, image, data, LogDriver.AwsLogs(new AwsLogDriverProps { LogGroup = log, StreamPrefix = "migration" }));
        var function = CreateFunction(cluster, task, deployment.AddLog(this, "FunctionLog", $"{logs}/migration-function"));
        _run = new CustomResource(this, "Run", new CustomResourceProps
        {
            ServiceToken = function.FunctionArn,
            ResourceType = "Custom::Migration",

            // A new revision is a change, and a change is a run.
            Properties = new Dictionary<string, object>
            {
                ["Cluster"] = cluster.ClusterArn,
                ["TaskDefinition"] = task.TaskDefinitionArn,
                ["Subnets"] = network.Vpc.SelectSubnets(NetworkStack.ForProcesses).SubnetIds,
                ["SecurityGroup"] = network.Migration.SecurityGroupId,
            },
        });

        // Its right to run the task has to be there first, and to be there still when the stack is deleted.
        _run.Node.AddDependency(function);
    }

    /// <summary>Lets <paramref name="construct"/> wait for the migration's good end.</summary>
    public void Gate(Construct construct) => construct.Node.AddDependency(_run);

    private FargateTaskDefinition CreateTask(Deployment deployment, ContainerImage image, DataStack data, LogDriver log)
    {
        var task = new FargateTaskDefinition(this, "Task", new FargateTaskDefinitionProps
        {
            Family = $"{Stack.Of(this).StackName}-migration",
            Cpu = Cpu,
            MemoryLimitMiB = MemoryMiB,
        });
        var roles = Sql("roles.sql", data, log, "PGOPTIONS=\"-c roles.owner=$OWNER -c roles.caller=$CALLER\" ");
        roles.Secrets!["OWNER"] = Secret.FromSecretsManager(data.RoleSecret, "password");
        roles.Secrets["CALLER"] = Secret.FromSecretsManager(data.CallerSecret, "password");
        var first = task.AddContainer("roles", roles);
        var migrate = task.AddContainer("migrate", new ContainerDefinitionOptions
        {
            Image = image,
            Essential = false,
            Command = ["--migrate-only"],
            ReadonlyRootFilesystem = true,
            Environment = new Dictionary<string, string>
            {
                ["ConnectionStrings__Postgres"] = data.ConnectionString(deployment.Database, Connections, DataStack.Role),
                ["DOTNET_EnableDiagnostics"] = "0",
            },
            Secrets = Processes.DatabaseSecrets(data.RoleSecret),
            Logging = log,
        });
        migrate.AddContainerDependencies(new ContainerDependency { Container = first, Condition = ContainerDependencyCondition.SUCCESS });

        // The last, and the one whose end is the task's: it ends well only if the two before it have.
        var rights = Sql("rights.sql", data, log);
        rights.Essential = true;
        task.AddContainer("rights", rights).AddContainerDependencies(
            new ContainerDependency { Container = migrate, Condition = ContainerDependencyCondition.SUCCESS });
        return task;
    }

    private static ContainerDefinitionOptions Sql(string file, DataStack data, LogDriver log, string options = "")
    {
        var sql = Psql.Container(data, $"{options}psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --command \"$STATEMENTS\"");
        sql.Essential = false;
        sql.Environment!["STATEMENTS"] = Read(file);
        sql.Logging = log;
        return sql;
    }

    private Function CreateFunction(Cluster cluster, FargateTaskDefinition task, Amazon.CDK.AWS.Logs.LogGroup log)
    {
        var function = new Function(this, "Function", new FunctionProps
        {
            Description = "Runs the migration task and waits for its end",
            Runtime = new Runtime("nodejs22.x", RuntimeFamily.NODEJS, new LambdaRuntimeProps { SupportsInlineCode = true }),
            Handler = "index.handler",
            Code = Code.FromInline(Read("migrate.js")),
            Environment = new Dictionary<string, string> { ["POLL_MS"] = "3000" },
            Timeout = _patience,
            LogGroup = log,
        });
        var ofCluster = new Dictionary<string, object> { ["ArnEquals"] = new Dictionary<string, string> { ["ecs:cluster"] = cluster.ClusterArn } };
        var tasks = cluster.ArnForTasks("*");
        function.AddToRolePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Actions = ["ecs:RunTask"], Resources = [task.TaskDefinitionArn], Conditions = ofCluster,
        }));
        function.AddToRolePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Actions = ["ecs:DescribeTasks", "ecs:StopTask"], Resources = [tasks], Conditions = ofCluster,
        }));
        function.AddToRolePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Actions = ["iam:PassRole"],
            Resources = [task.TaskRole.RoleArn, task.ObtainExecutionRole().RoleArn],
            Conditions = new Dictionary<string, object>
            {
                ["StringEquals"] = new Dictionary<string, string> { ["iam:PassedToService"] = "ecs-tasks.amazonaws.com" },
            },
        }));
        return function;
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
