using Amazon.CDK;
using Amazon.CDK.AWS.ECS;
using Amazon.CDK.AWS.IAM;
using Secret = Amazon.CDK.AWS.ECS.Secret;

namespace ContinueWatching.Infra;

/// <summary>psql as the administrator: for the migration, and for people who look for what is wrong. There is no other way for a person to the database.</summary>
internal static class Psql
{
    // Of the database's own version.
    private const string Image = "public.ecr.aws/docker/library/postgres:17-alpine";

    private const string OpenSeconds = "3600";

    /// <summary>A container that has psql, and all that psql has to know.</summary>
    /// <param name="data">The database.</param>
    /// <param name="command">What it runs, with a shell.</param>
    public static ContainerDefinitionOptions Container(DataStack data, string command) => new()
    {
        Image = ContainerImage.FromRegistry(Image),
        User = "postgres",
        ReadonlyRootFilesystem = true,
        EntryPoint = ["sh", "-c"],
        Command = [command],
        Environment = new Dictionary<string, string>
        {
            ["PGHOST"] = data.Instance.InstanceEndpoint.Hostname,
            ["PGDATABASE"] = DataStack.DatabaseName,
            ["PGSSLMODE"] = "require",
        },
        Secrets = new Dictionary<string, Secret>
        {
            ["PGUSER"] = Secret.FromSecretsManager(data.AdministratorSecret, "username"),
            ["PGPASSWORD"] = Secret.FromSecretsManager(data.AdministratorSecret, "password"),
        },
    };

    /// <summary>
    /// Adds the task that people start, enter (ECS Exec) and leave: docs/operations.md, "Ask Postgres". It runs when somebody says so, and ends within an hour
    /// whether it was left or not. What is typed and answered in it stands in no log, for it may be what users watch; who entered it, in CloudTrail.
    /// </summary>
    public static void AddPsqlTask(this Stack scope, DataStack data)
    {
        var task = new FargateTaskDefinition(scope, "PsqlTask", new FargateTaskDefinitionProps { Family = $"{scope.StackName}-psql" });
        var psql = Container(data, $"exec sleep {OpenSeconds}");

        // Whoever enters comes by an agent that is root and writes into the root file system, and leaves processes for somebody to take.
        psql.ReadonlyRootFilesystem = false;
        psql.LinuxParameters = new LinuxParameters(scope, "PsqlInit", new LinuxParametersProps { InitProcessEnabled = true });
        task.AddContainer("psql", psql);
        task.AddToTaskRolePolicy(new PolicyStatement(new PolicyStatementProps
        {
            // What ECS Exec needs, and knows no resources for.
            Actions = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"],
            Resources = ["*"],
        }));
    }
}
