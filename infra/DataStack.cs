using Amazon.CDK;
using Amazon.CDK.AWS.ECR;
using Amazon.CDK.AWS.RDS;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;
using InstanceType = Amazon.CDK.AWS.EC2.InstanceType;

namespace ContinueWatching.Infra;

/// <summary>
/// What must not be lost: Postgres, its passwords, the images. Whoever deletes the stack keeps all of it.
/// </summary>
internal sealed class DataStack : Stack
{
    /// <summary>The database.</summary>
    public const string DatabaseName = "continue_watching";

    /// <summary>
    /// The role that owns the tables. The password of whoever logs in is changed by turns between this role and its twin, so that the one that running
    /// processes have stays good; both act as this role.
    /// </summary>
    public const string Role = "continue_watching_owner";

    /// <summary>
    /// The role of those who only call grains, the APIs: it sees where the silos are, and of what users watch nothing. It has a twin as well.
    /// </summary>
    public const string Caller = "continue_watching_caller";

    // The role that may create others. Nobody but the migration and the rotation logs in with it.
    private const string Administrator = "continue_watching_admin";

    private const int PasswordDays = 30;

    // What would have to be escaped somewhere: in a connection string, in a shell, in SQL.
    private const string NotInPasswords = " %+~`#$&*()|[]{}:;<>?!'/@\"\\=,^";

    // Has CloudFormation make the functions, in AWS' newest text. The library's own way brings them in a version whose runtime (Python 3.9) is past its end.
    private const string HostedRotation = "AWS::SecretsManager-2024-09-16";

    // Images that can still be gone back to.
    private const int ImagesKept = 30;

    public DataStack(Construct scope, string id, IStackProps props, Deployment deployment, NetworkStack network)
        : base(scope, id, props)
    {
        var administrator = AddSecret("AdministratorSecret", Administrator, master: null);
        var role = AddSecret("RoleSecret", Role, administrator);
        var caller = AddSecret("CallerSecret", Caller, administrator);
        AdministratorSecret = administrator;
        var parameters = Parameters(deployment.Database);
        Instance = CreateInstance(deployment, network, parameters);
        RoleSecret = role.Attach(Instance);
        CallerSecret = caller.Attach(Instance);
        AddTransform(HostedRotation);
        Rotate(deployment, "role", RoleSecret, "PostgreSQLMultiUser", network, administrator);
        Rotate(deployment, "caller", CallerSecret, "PostgreSQLMultiUser", network, administrator);
        Rotate(deployment, "administrator", Instance.Secret!, "PostgreSQLSingleUser", network, master: null);
        if (deployment.Database.ReadReplica)
        {
            Replica = CreateReplica(deployment, network, parameters, Instance);
        }

        SiloImages = Images("silo", deployment);
        ApiImages = Images("api", deployment);
    }

    /// <summary>Postgres.</summary>
    public DatabaseInstance Instance { get; }

    /// <summary>The copy of it, if there is one.</summary>
    public IDatabaseInstance? Replica { get; }

    /// <summary>Who may create roles.</summary>
    public ISecret AdministratorSecret { get; }

    /// <summary>As whom silos and the migration log in: <c>username</c>, <c>password</c>.</summary>
    public ISecret RoleSecret { get; }

    /// <summary>As whom APIs do.</summary>
    public ISecret CallerSecret { get; }

    /// <summary>The silo's images.</summary>
    public Repository SiloImages { get; }

    /// <summary>The API's images.</summary>
    public Repository ApiImages { get; }

    /// <summary>How a process finds the database. Who it is, it gets from a secret, as Postgres' own variables; it then acts as <paramref name="role"/>.</summary>
    public string ConnectionString(DatabaseSize database, int connections, string role)
    {
        var certificate = database.RootCertificate is { } file ? $"SSL Mode=VerifyFull;Root Certificate={file}" : "SSL Mode=Require";
        return $"Host={Instance.InstanceEndpoint.Hostname};Port={NetworkStack.DatabasePort};Database={DatabaseName};{certificate};"
            + $"Maximum Pool Size={connections};Options='-c role={role}'";
    }

    private static IInstanceEngine Engine => DatabaseInstanceEngine.Postgres(new PostgresInstanceEngineProps
    {
        // Where it begins. Minor versions come by themselves, in the window for maintenance.
        Version = PostgresEngineVersion.Of("17.9", "17"),
    });

    private DatabaseSecret AddSecret(string id, string username, DatabaseSecret? master)
    {
        var secret = new DatabaseSecret(
            this, id, new DatabaseSecretProps { Username = username, MasterSecret = master, ExcludeCharacters = NotInPasswords });
        secret.ApplyRemovalPolicy(RemovalPolicy.RETAIN);
        return secret;
    }

    private DatabaseInstance CreateInstance(Deployment deployment, NetworkStack network, ParameterGroup parameters)
    {
        var name = $"{Stacks.Product}-{deployment.Environment}";
        var database = deployment.Database;

        // RDS would make it without an end.
        var log = deployment.AddLog(this, "Log", $"/aws/rds/instance/{name}/postgresql");
        var instance = new DatabaseInstance(this, "Postgres", new DatabaseInstanceProps
        {
            InstanceIdentifier = name,
            Engine = Engine,
            InstanceType = new InstanceType(database.InstanceClass),
            DatabaseName = DatabaseName,
            Credentials = Credentials.FromSecret(AdministratorSecret),
            Vpc = network.Vpc,
            VpcSubnets = NetworkStack.ForData,
            SecurityGroups = [network.Database],
            ParameterGroup = parameters,
            CaCertificate = CaCertificate.RDS_CA_RSA2048_G1,
            MultiAz = true,
            StorageType = StorageType.GP3,
            StorageEncrypted = true,
            AllocatedStorage = database.StorageGiB,
            MaxAllocatedStorage = database.MaxStorageGiB,
            BackupRetention = Duration.Days(database.BackupDays),
            CopyTagsToSnapshot = true,
            DeleteAutomatedBackups = false,
            DeletionProtection = true,
            RemovalPolicy = RemovalPolicy.RETAIN,
            AutoMinorVersionUpgrade = true,
            EnablePerformanceInsights = true,
            CloudwatchLogsExports = ["postgresql"],
        });
        instance.Node.AddDependency(log);
        return instance;
    }

    private DatabaseInstanceReadReplica CreateReplica(
        Deployment deployment, NetworkStack network, ParameterGroup parameters, DatabaseInstance instance) =>
        new(this, "Replica", new DatabaseInstanceReadReplicaProps
        {
            InstanceIdentifier = $"{Stacks.Product}-{deployment.Environment}-replica",
            SourceDatabaseInstance = instance,
            InstanceType = new InstanceType(deployment.Database.InstanceClass),
            Vpc = network.Vpc,
            VpcSubnets = NetworkStack.ForData,
            SecurityGroups = [network.Database],

            // With fewer max_connections than the other has it would not start.
            ParameterGroup = parameters,
            StorageType = StorageType.GP3,
            MaxAllocatedStorage = deployment.Database.MaxStorageGiB,
            DeletionProtection = true,
            RemovalPolicy = RemovalPolicy.RETAIN,
            AutoMinorVersionUpgrade = true,
            EnablePerformanceInsights = true,
        });

    private ParameterGroup Parameters(DatabaseSize database) => new(this, "Parameters", new ParameterGroupProps
    {
        Engine = Engine,
        Description = "What Continue Watching promises stands on these",
        Parameters = new Dictionary<string, string>
        {
            // 200 means committed: on both machines. A silo refuses to start on off.
            ["synchronous_commit"] = "on",
            ["max_connections"] = $"{database.MaxConnections}",
            ["rds.force_ssl"] = "1",

            // A transaction that nobody ends would keep vacuum from the rows that heartbeats leave behind.
            ["idle_in_transaction_session_timeout"] = "60000",

            // Slow statements are in Performance Insights. The log would have them with their values: users' ids and what they watched.
            ["log_min_duration_statement"] = "-1",
            ["log_lock_waits"] = "1",
            ["shared_preload_libraries"] = "pg_stat_statements",
        },
    });

    private void Rotate(Deployment deployment, string whose, ISecret secret, string kind, NetworkStack network, DatabaseSecret? master)
    {
        var function = $"{Stacks.Product}-{deployment.Environment}-{whose}-password";
        var log = deployment.AddLog(this, $"{whose}-rotation-log", $"/aws/lambda/{function}");
        var schedule = new CfnRotationSchedule(this, $"{whose}-rotation", new CfnRotationScheduleProps
        {
            SecretId = secret.SecretArn,
            HostedRotationLambda = new CfnRotationSchedule.HostedRotationLambdaProperty
            {
                RotationType = kind,
                RotationLambdaName = function,
                MasterSecretArn = master?.SecretArn,
                ExcludeCharacters = NotInPasswords,
                VpcSecurityGroupIds = network.Rotation.SecurityGroupId,
                VpcSubnetIds = Fn.Join(",", network.Vpc.SelectSubnets(NetworkStack.ForProcesses).SubnetIds),
            },
            RotationRules = new CfnRotationSchedule.RotationRulesProperty { ScheduleExpression = $"rate({PasswordDays} days)" },

            // Before the first deployment there is no role whose password could be changed.
            RotateImmediatelyOnUpdate = false,
        });
        schedule.Node.AddDependency(log);
    }

    private Repository Images(string process, Deployment deployment) => new(this, $"{process}-images", new RepositoryProps
    {
        RepositoryName = $"{Stacks.Product}-{deployment.Environment}/{process}",
        ImageTagMutability = TagMutability.IMMUTABLE,
        ImageScanOnPush = true,
        RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        LifecycleRules = [new LifecycleRule { MaxImageCount = ImagesKept, Description = "What can still be gone back to" }],
    });
}
