using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ContinueWatching.Infra.Tests;

/// <summary>Who may do what in the account, and that no template tells a secret.</summary>
[Collection(OnTemplates.Name)]
public sealed partial class RightsTests(Synthesized synthesized)
{
    private static readonly string[] _exec =
        ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"];

    // Actions that have no resource to name, by AWS' own reference.
    private static readonly string[] _withoutResource = ["ecr:GetAuthorizationToken", "xray:PutTraceSegments", "xray:PutTelemetryRecords", .. _exec];

    [Fact]
    public void No_role_may_do_more_than_it_has_to()
    {
        foreach (var statement in synthesized.Production.All.SelectMany(Statements).Where(statement => $"{statement["Effect"]}" == "Allow"))
        {
            var actions = Words(statement["Action"]!);
            Assert.All(actions, action => Assert.DoesNotContain('*', action));
            if (statement["Resource"] is JsonValue value && value.GetValue<string>() == "*")
                Assert.All(actions, action => Assert.Contains(action, _withoutResource));
        }
    }

    [Fact]
    public void A_process_may_tell_what_it_measures_and_nothing_else() => Assert.Equal(
        ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        Actions("SiloTaskTaskRole"));

    [Theory]
    [InlineData("SiloTask", false)]
    [InlineData("ApiTask", false)]
    [InlineData("MigrationTask", true)]
    [InlineData("PsqlTask", true)]
    public void The_administrators_password_comes_to_the_migration_and_to_people_only(string task, bool comes) =>
        Assert.Equal(comes, Policy($"{task}ExecutionRole").Contains("AdministratorSecret", StringComparison.Ordinal));

    [Fact]
    public void A_person_can_enter_the_task_with_psql_and_no_other()
    {
        Assert.Equal(_exec, Actions("PsqlTaskTaskRole"));
        Assert.DoesNotContain("ssmmessages", Policy("SiloTaskTaskRole") + Policy("ApiTaskTaskRole"), StringComparison.Ordinal);
        Assert.All(
            synthesized.Production.Service.Find("AWS::ECS::Service").Values, service => Assert.False(service["Properties"]!["EnableExecuteCommand"]!.GetValue<bool>()));
        var psql = Assert.Single(synthesized.Production.Service.One("AWS::ECS::TaskDefinition", "PsqlTask")["ContainerDefinitions"]!.AsArray())!;
        Assert.Equal(["exec sleep 3600"], Words(psql["Command"]!));
        Assert.Equal(["PGPASSWORD", "PGUSER"], psql["Secrets"]!.AsArray().Select(secret => secret!["Name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_container_has_a_read_only_file_system_but_the_one_that_people_enter() => Assert.All(
        Containers(), container => Assert.Equal(container["Name"]!.GetValue<string>() != "psql", container["ReadonlyRootFilesystem"]!.GetValue<bool>()));

    [Fact]
    public void Psql_does_not_run_as_root() => Assert.All(
        Containers().Where(container => container["Image"] is JsonValue image && image.GetValue<string>().Contains("/postgres:", StringComparison.Ordinal)),
        container => Assert.Equal("postgres", container["User"]!.GetValue<string>()));

    [Fact]
    public void The_migration_function_may_run_this_one_task() =>
        Assert.Equal(["ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "iam:PassRole"], Actions("MigrationFunctionServiceRole"));

    [Theory]
    [InlineData("SiloTask", 0, "RoleSecret")]
    [InlineData("ApiTask", 0, "CallerSecret")]
    [InlineData("MigrationTask", 1, "RoleSecret")]
    public void Who_a_process_is_comes_from_secrets_manager(string task, int container, string login)
    {
        var secrets = synthesized.Production.Service.One("AWS::ECS::TaskDefinition", task)["ContainerDefinitions"]![container]!["Secrets"]!.AsArray()
            .ToDictionary(secret => secret!["Name"]!.GetValue<string>(), secret => secret!["ValueFrom"]!.ToJsonString());
        Assert.Equal(["PGPASSWORD", "PGUSER"], secrets.Keys.Order(StringComparer.Ordinal));
        Assert.All(secrets.Values, secret => Assert.Contains($"{login}Attachment", secret, StringComparison.Ordinal));
        Assert.Contains(":password::", secrets["PGPASSWORD"], StringComparison.Ordinal);
        Assert.Contains(":username::", secrets["PGUSER"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_api_is_nobody_who_may_change_what_users_watch()
    {
        Assert.DoesNotContain("RoleSecret", Policy("ApiTaskExecutionRole"), StringComparison.Ordinal);
        var environment = ServiceTests.Environment(synthesized.Production.Service.One("AWS::ECS::TaskDefinition", "ApiTask"), 0);
        Assert.EndsWith("Options='-c role=continue_watching_caller'", environment["ConnectionStrings__Postgres"], StringComparison.Ordinal);
    }

    [Fact]
    public void No_template_has_a_secret_in_it()
    {
        foreach (var stack in synthesized.Production.All)
        {
            Assert.Empty(stack.Find("AWS::SecretsManager::Secret").Values.Select(secret => secret["Properties"]!["SecretString"]).OfType<JsonNode>());
            Assert.Empty(PasswordInConnectionString().Matches(stack.Text));
            foreach (var variable in stack.Find("AWS::ECS::TaskDefinition").Values
                .SelectMany(task => task["Properties"]!["ContainerDefinitions"]!.AsArray()).SelectMany(container => container!["Environment"]!.AsArray()))
            {
                Assert.DoesNotMatch("(?i)password|secret|token$|apikey", variable!["Name"]!.GetValue<string>());
            }
        }

        // RDS reads it when the stack is made: a reference, no value.
        Assert.Contains("{{resolve:secretsmanager:", synthesized.Production.Data.One("AWS::RDS::DBInstance", "Postgres")["MasterUserPassword"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_log_ends()
    {
        foreach (var (environment, days) in new[] { (synthesized.Production, 90), (synthesized.Staging, 14) })
        {
            var logs = environment.All.SelectMany(stack => stack.Find("AWS::Logs::LogGroup").Values).ToArray();
            Assert.Equal(11, logs.Length);
            Assert.All(logs, log => Assert.Equal(days, log["Properties"]!["RetentionInDays"]!.GetValue<int>()));
        }
    }

    [Fact]
    public void Whatever_writes_a_log_writes_to_one_that_ends() => Assert.All(
        Containers().Where(container => container["Name"]!.GetValue<string>() != "psql"),
        container => Assert.Contains(
            container["LogConfiguration"]!["Options"]!["awslogs-group"]!["Ref"]!.GetValue<string>(),
            synthesized.Production.Service.Find("AWS::Logs::LogGroup").Keys));

    [Fact]
    public void What_a_person_asks_the_database_stands_in_no_log() =>
        Assert.Null(Assert.Single(Containers(), container => container["Name"]!.GetValue<string>() == "psql")["LogConfiguration"]);

    private static IEnumerable<JsonNode> Statements(SynthesizedStack stack) =>
        stack.Find("AWS::IAM::Policy").Values.Select(policy => policy["Properties"]!["PolicyDocument"])
            .Concat(stack.Find("AWS::IAM::Role").Values.SelectMany(role => role["Properties"]!["Policies"]?.AsArray() ?? []).Select(policy => policy!["PolicyDocument"]))
            .SelectMany(document => document!["Statement"]!.AsArray()).OfType<JsonNode>();

    private static string[] Words(JsonNode node) => node is JsonArray all ? [.. all.Select(word => word!.GetValue<string>())] : [node.GetValue<string>()];

    private JsonNode[] Containers() =>
        [.. synthesized.Production.Service.Find("AWS::ECS::TaskDefinition").Values.SelectMany(task => task["Properties"]!["ContainerDefinitions"]!.AsArray()).OfType<JsonNode>()];

    private string Policy(string role) => synthesized.Production.Service.One("AWS::IAM::Policy", role)["PolicyDocument"]!.ToJsonString();

    private IEnumerable<string> Actions(string role) => JsonNode.Parse(Policy(role))!["Statement"]!.AsArray()
        .SelectMany(statement => Words(statement!["Action"]!)).Order(StringComparer.Ordinal);

    [GeneratedRegex("(?i)password\\s*=\\s*[^;\"$]")]
    private static partial Regex PasswordInConnectionString();
}
