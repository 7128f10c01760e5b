using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Infra.Tests;

/// <summary>No new process starts on an old schema: the services wait for the migration's good end, and for no other.</summary>
[Collection(OnTemplates.Name)]
public sealed class MigrationTests(Synthesized synthesized)
{
    // The function's library for ECS, which is not here: it answers what the test has put into FAKE, one after the other, and notes what it was asked.
    private const string FakeEcs = """
        const answers = JSON.parse(process.env.FAKE);
        class Command { constructor(input) { this.input = input; } }
        class RunTaskCommand extends Command {}
        class DescribeTasksCommand extends Command {}
        class StopTaskCommand extends Command {}
        class ECSClient {
          async send(command) {
            console.log(`ASKED ${command.constructor.name} ${JSON.stringify(command.input)}`);
            if (command instanceof StopTaskCommand) return {};
            const answer = answers.length > 1 ? answers.shift() : answers[0];
            if (answer.throws) { const error = new Error(answer.throws); error.name = 'AccessDeniedException'; throw error; }
            return answer;
          }
        }
        module.exports = { ECSClient, RunTaskCommand, DescribeTasksCommand, StopTaskCommand };
        """;

    private const string Started = """{"tasks": [{"taskArn": "task-1"}]}""";
    private const string Running = """{"tasks": [{"lastStatus": "RUNNING", "containers": [{"name": "migrate"}]}]}""";

    private SynthesizedStack Stack => synthesized.Production.Service;

    [Fact]
    public void The_silos_wait_for_the_migration_and_the_apis_for_the_silos()
    {
        var run = Assert.Single(Stack.Find("Custom::Migration").Keys);
        var silos = Stack.Find("AWS::ECS::Service").Single(service => service.Key.StartsWith("Silos", StringComparison.Ordinal));
        var apis = Stack.Find("AWS::ECS::Service").Single(service => service.Key.StartsWith("Apis", StringComparison.Ordinal));
        Assert.Contains(run, DependsOn(silos.Value));
        Assert.Contains(silos.Key, DependsOn(apis.Value));
    }

    [Fact]
    public void Each_new_version_runs_it_anew()
    {
        var task = Assert.Single(Stack.Find("AWS::ECS::TaskDefinition").Keys, id => id.StartsWith("MigrationTask", StringComparison.Ordinal));
        Assert.Equal(task, Stack.One("Custom::Migration")["TaskDefinition"]!["Ref"]!.GetValue<string>());
    }

    [Fact]
    public void No_silo_migrates_by_itself() =>
        Assert.Equal("false", ServiceTests.Environment(Stack.One("AWS::ECS::TaskDefinition", "SiloTask"), 0)["Storage__MigrateAtStart"]);

    [Fact]
    public void The_schema_is_brought_up_to_date_by_the_silos_image_after_its_role_is_there()
    {
        var containers = Stack.One("AWS::ECS::TaskDefinition", "MigrationTask")["ContainerDefinitions"]!.AsArray();
        Assert.Equal(["--migrate-only"], containers[1]!["Command"]!.AsArray().Select(word => word!.GetValue<string>()));
        Assert.Contains("siloimages", containers[1]!["Image"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""[{"Condition":"SUCCESS","ContainerName":"roles"}]""", containers[1]!["DependsOn"]!.ToJsonString());

        // The function looks at the last one's end, which is the task's.
        Assert.Equal("rights", containers[2]!["Name"]!.GetValue<string>());
        Assert.Equal("""[{"Condition":"SUCCESS","ContainerName":"migrate"}]""", containers[2]!["DependsOn"]!.ToJsonString());
        Assert.Equal([false, false, true], containers.Select(container => container!["Essential"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task It_has_run_when_its_last_container_ended_with_0()
    {
        var answer = await RunAsync("Create", Started, Running, Stopped(0, rights: 0));

        Assert.Equal("SUCCESS", answer.Status);
        Assert.Contains(
            """ASKED RunTaskCommand {"cluster":"cluster-1","taskDefinition":"definition-1","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["s-1"],"securityGroups":["g-1"],"assignPublicIp":"DISABLED"}}}""",
            answer.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Create")]
    [InlineData("Update")]
    public async Task A_migration_that_fails_fails_the_deployment(string request)
    {
        var answer = await RunAsync(request, Started, Stopped(1));

        Assert.Equal("FAILED", answer.Status);
        Assert.Contains("The migration ended with 1 in migrate", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_whose_rights_could_not_be_given_fails_it_too()
    {
        var answer = await RunAsync("Update", Started, Stopped(0, rights: 3));

        Assert.Equal("FAILED", answer.Status);
        Assert.Contains("The migration ended with 3 in rights", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_whose_role_could_not_be_made_never_ran_and_fails_it_too()
    {
        var answer = await RunAsync("Update", Started, Stopped(null));

        Assert.Equal("FAILED", answer.Status);
        Assert.Contains("no exit code", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_is_not_started_fails_it()
    {
        var answer = await RunAsync("Update", """{"tasks": [], "failures": [{"reason": "Capacity is unavailable"}]}""");

        Assert.Equal("FAILED", answer.Status);
        Assert.Contains("Capacity is unavailable", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_goes_wrong_on_the_way_is_answered_not_waited_for()
    {
        var answer = await RunAsync("Update", """{"throws": "not authorized"}""");

        Assert.Equal("FAILED", answer.Status);
        Assert.Equal("AccessDeniedException: not authorized", answer.Reason);
    }

    [Fact]
    public async Task One_that_takes_too_long_is_stopped_and_fails_it()
    {
        var answer = await RunAsync("Update", Started, Running);

        Assert.Equal("FAILED", answer.Status);
        Assert.Contains("ASKED StopTaskCommand", answer.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_deletes_the_stack_runs_nothing()
    {
        var answer = await RunAsync("Delete", Stopped(1));

        Assert.Equal("SUCCESS", answer.Status);
        Assert.DoesNotContain("ASKED", answer.Said, StringComparison.Ordinal);
    }

    private static string Stopped(int? migrate, int? rights = null) => new JsonObject
    {
        ["tasks"] = new JsonArray(new JsonObject
        {
            ["lastStatus"] = "STOPPED",
            ["stoppedReason"] = "Essential container in task exited",
            ["containers"] = new JsonArray(Container("rights", rights), Container("roles", 0), Container("migrate", migrate)),
        }),
    }.ToJsonString();

    // One that was never started has no exit code.
    private static JsonObject Container(string name, int? code)
    {
        var container = new JsonObject { ["name"] = name };
        if (code is not null)
            container["exitCode"] = code;
        return container;
    }

    private static IEnumerable<string> DependsOn(JsonNode resource) => resource["DependsOn"]!.AsArray().Select(id => id!.GetValue<string>());

    // The function's own text, as the template has it, in node, as Lambda runs it; CloudFormation is a listener of the test's.
    private async Task<Answer> RunAsync(string request, params string[] ecs)
    {
        var folder = Directory.CreateTempSubdirectory("continue-watching-migration-").FullName;
        await using var cloudFormation = await AnswerListener.StartAsync();
        try
        {
            var library = Directory.CreateDirectory(Path.Combine(folder, "node_modules", "@aws-sdk", "client-ecs")).FullName;
            await File.WriteAllTextAsync(Path.Combine(library, "index.js"), FakeEcs);
            await File.WriteAllTextAsync(Path.Combine(folder, "index.js"), Stack.One("AWS::Lambda::Function")["Code"]!["ZipFile"]!.GetValue<string>());
            var @event = new JsonObject
            {
                ["RequestType"] = request,
                ["ResponseURL"] = cloudFormation.Url,
                ["StackId"] = "stack-1",
                ["RequestId"] = "request-1",
                ["LogicalResourceId"] = "Run",
                ["ResourceProperties"] = JsonNode.Parse(
                    """{"Cluster": "cluster-1", "TaskDefinition": "definition-1", "Subnets": ["s-1"], "SecurityGroup": "g-1"}"""),
            };
            var start = new ProcessStartInfo("node", ["-e", $"const end = Date.now() + 31000; require('./index.js').handler({@event.ToJsonString()}, {{ getRemainingTimeInMillis: () => end - Date.now() }})"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["FAKE"] = $"[{string.Join(',', ecs)}]";
            start.Environment["POLL_MS"] = "10";
            using var node = Process.Start(start)!;
            var said = await node.StandardOutput.ReadToEndAsync();
            var fault = await node.StandardError.ReadToEndAsync();
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0, fault);
            var (contentType, body) = await cloudFormation.TakenAsync();

            // The address is signed for a request without one.
            Assert.True(string.IsNullOrEmpty(contentType), contentType);
            Assert.Equal("request-1", body["RequestId"]!.GetValue<string>());
            Assert.Equal("migration", body["PhysicalResourceId"]!.GetValue<string>());
            return new Answer(body["Status"]!.GetValue<string>(), body["Reason"]!.GetValue<string>(), said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record Answer(string Status, string Reason, string Said);

    private sealed class AnswerListener : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly TaskCompletionSource<(string? ContentType, JsonNode Body)> _taken = new();

        private AnswerListener(WebApplication app) => _app = app;

        public string Url => $"{_app.Urls.Single()}/answer";

        public static async Task<AnswerListener> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var listener = new AnswerListener(builder.Build());
            listener._app.MapPut("/answer", async (HttpRequest request) =>
                listener._taken.SetResult((request.ContentType, (await JsonNode.ParseAsync(request.Body))!)));
            await listener._app.StartAsync();
            return listener;
        }

        public Task<(string? ContentType, JsonNode Body)> TakenAsync() => _taken.Task.WaitAsync(TimeSpan.FromSeconds(5));

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
