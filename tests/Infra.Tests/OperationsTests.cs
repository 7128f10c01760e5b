using System.Diagnostics;
using System.Text.RegularExpressions;
using ContinueWatching.Testing;

namespace ContinueWatching.Infra.Tests;

/// <summary>What is to be typed in a bad night can be typed as it stands: it has no holes, and what it names in the stacks is there.</summary>
[Collection(OnTemplates.Name)]
public sealed partial class OperationsTests(Synthesized synthesized)
{
    // describe-stack-resources answers so many, and no more.
    private const int MostResources = 100;

    private static readonly string _commands = string.Join(
        '\n', from page in new[] { "operations.md", "runbook.md" }
              from Match block in ShellBlock().Matches(File.ReadAllText(Path.Combine(ServiceProcess.RepositoryRoot(), "docs", page)))
              select block.Groups["commands"].Value);

    [Fact]
    public void No_command_has_a_hole()
    {
        Assert.True(_commands.Split('\n').Length > 80);
        Assert.DoesNotMatch(@"…|\.\.\.", _commands);
    }

    [Fact]
    public async Task They_are_shell()
    {
        var start = new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(_commands);
        bash.StandardInput.Close();
        Assert.Equal("", await bash.StandardError.ReadToEndAsync());
    }

    [Fact]
    public void What_they_ask_a_stack_for_is_in_it()
    {
        var asked = Resource().Matches(_commands);
        Assert.True(asked.Count > 8);
        foreach (var (stack, type, beginning) in asked.Select(match => (match.Groups["stack"].Value, match.Groups["type"].Value, match.Groups["beginning"].Value)))
        {
            var beginnings = beginning is "$login" or "$1" ? ["AdministratorSecret", "RoleSecret", "CallerSecret"] : new[] { beginning };
            foreach (var one in beginnings)
            {
                var found = Stack(stack).Find(type).Keys.Where(id => id.StartsWith(one, StringComparison.Ordinal)).ToArray();
                Assert.True(found.Length == (type == "AWS::EC2::Subnet" ? 3 : 1), $"resource {stack} {type} {one}: {string.Join(", ", found)}");
            }
        }
    }

    [Fact]
    public void A_stack_that_is_asked_tells_all_its_resources() => Assert.All(
        [synthesized.Production.Network, synthesized.Production.Data, synthesized.Production.Service],
        stack => Assert.True(stack.Json["Resources"]!.AsObject().Count <= MostResources, stack.Name));

    [Fact]
    public void The_tasks_that_they_run_are_there()
    {
        var families = synthesized.Production.Service.Find("AWS::ECS::TaskDefinition").Values.Select(task => task["Properties"]!["Family"]!.GetValue<string>()).ToArray();
        var asked = Family().Matches(_commands).Select(match => match.Groups["task"].Value).Distinct().Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(["migration", "psql"], asked);
        Assert.All(asked, task => Assert.Contains($"continue-watching-production-service-blue-{task}", families));
    }

    private SynthesizedStack Stack(string name) => name.Trim('"') switch
    {
        "network" => synthesized.Production.Network,
        "data" => synthesized.Production.Data,
        "service-$CLUSTER" => synthesized.Production.Service,
        var other => throw new ArgumentOutOfRangeException(nameof(name), other, "No stack of that name."),
    };

    [GeneratedRegex("^ *```sh\n(?<commands>.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("""\(resource (?<stack>\S+) (?<type>AWS::\S+) "?(?<beginning>[^\s")]+)"?\)""")]
    private static partial Regex Resource();

    [GeneratedRegex("""--task-definition "\$NAME-service-\$CLUSTER-(?<task>[a-z]+)" """)]
    private static partial Regex Family();
}
