using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ContinueWatching.Infra.Tests;

/// <summary>Who may do what in the account, and that no template tells a secret.</summary>
[Collection(OnTemplates.Name)]
public sealed partial class RightsTests(Synthesized synthesized)
{
    // Actions that have no resource to name, by AWS' own reference.
    private static readonly string[] _withoutResource = ["ecr:GetAuthorizationToken", "xray:PutTraceSegments", "xray:PutTelemetryRecords"];

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
    [InlineData("SiloTask")]
    [InlineData("ApiTask")]
    public void The_administrators_password_comes_to_the_migration_only(string task)
    {
        Assert.DoesNotContain("AdministratorSecret", Policy($"{task}ExecutionRole"), StringComparison.Ordinal);
        Assert.Contains("AdministratorSecret", Policy("MigrationTaskExecutionRole"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_migration_function_may_run_this_one_task() =>
        Assert.Equal(["ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "iam:PassRole"], Actions("MigrationFunctionServiceRole"));

    [Theory]
    [InlineData("SiloTask", 0)]
    [InlineData("ApiTask", 0)]
    [InlineData("MigrationTask", 1)]
    public void Who_a_process_is_comes_from_secrets_manager(string task, int container)
    {
        var secrets = synthesized.Production.Service.One("AWS::ECS::TaskDefinition", task)["ContainerDefinitions"]![container]!["Secrets"]!.AsArray()
            .ToDictionary(secret => secret!["Name"]!.GetValue<string>(), secret => secret!["ValueFrom"]!.ToJsonString());
        Assert.Equal(["PGPASSWORD", "PGUSER"], secrets.Keys.Order(StringComparer.Ordinal));
        Assert.All(secrets.Values, secret => Assert.Contains("RoleSecretAttachment", secret, StringComparison.Ordinal));
        Assert.Contains(":password::", secrets["PGPASSWORD"], StringComparison.Ordinal);
        Assert.Contains(":username::", secrets["PGUSER"], StringComparison.Ordinal);
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
            Assert.Equal(10, logs.Length);
            Assert.All(logs, log => Assert.Equal(days, log["Properties"]!["RetentionInDays"]!.GetValue<int>()));
        }
    }

    [Fact]
    public void Whatever_writes_a_log_writes_to_one_that_ends() => Assert.All(
        synthesized.Production.Service.Find("AWS::ECS::TaskDefinition").Values.SelectMany(task => task["Properties"]!["ContainerDefinitions"]!.AsArray()),
        container => Assert.Contains(
            container!["LogConfiguration"]!["Options"]!["awslogs-group"]!["Ref"]!.GetValue<string>(),
            synthesized.Production.Service.Find("AWS::Logs::LogGroup").Keys));

    private static IEnumerable<JsonNode> Statements(SynthesizedStack stack) =>
        stack.Find("AWS::IAM::Policy").Values.Select(policy => policy["Properties"]!["PolicyDocument"])
            .Concat(stack.Find("AWS::IAM::Role").Values.SelectMany(role => role["Properties"]!["Policies"]?.AsArray() ?? []).Select(policy => policy!["PolicyDocument"]))
            .SelectMany(document => document!["Statement"]!.AsArray()).OfType<JsonNode>();

    private static string[] Words(JsonNode node) => node is JsonArray all ? [.. all.Select(word => word!.GetValue<string>())] : [node.GetValue<string>()];

    private string Policy(string role) => synthesized.Production.Service.One("AWS::IAM::Policy", role)["PolicyDocument"]!.ToJsonString();

    private IEnumerable<string> Actions(string role) => JsonNode.Parse(Policy(role))!["Statement"]!.AsArray()
        .SelectMany(statement => Words(statement!["Action"]!)).Order(StringComparer.Ordinal);

    [GeneratedRegex("(?i)password\\s*=\\s*[^;\"$]")]
    private static partial Regex PasswordInConnectionString();
}
