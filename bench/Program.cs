using System.CommandLine;
using System.Text.Json;
using ContinueWatching.Bench;
using ContinueWatching.Bench.Report;
using ContinueWatching.Bench.Systems;

var rounds = new Option<int>("--rounds") { Description = "How often each system has its turn.", DefaultValueFactory = _ => 3 };
var seconds = new Option<double>("--seconds") { Description = "How long each turn is measured.", DefaultValueFactory = _ => 8 };
var warmUp = new Option<double>("--warm-up") { Description = "Seconds before that, of each turn.", DefaultValueFactory = _ => 3 };
var connections = new Option<int>("--connections") { Description = "How many connections are kept busy.", DefaultValueFactory = _ => 512 };
var users = new Option<int>("--users") { Description = "How many users are active.", DefaultValueFactory = _ => 10_000 };
var titles = new Option<int>("--titles") { Description = "How many titles each of them has begun.", DefaultValueFactory = _ => 10 };
var only = new Option<string[]>("--only")
{
    Description = "Only these: a, b, c, d, standalone, separate.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
};
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where the results go.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("bench", "results")),
};
var root = new RootCommand("Measures the service beside four baselines, on one Postgres with fsync on, in one run.")
{
    rounds, seconds, warmUp, connections, users, titles, only, output,
};
root.SetAction(async arguments =>
{
    var plan = new ComparisonPlan(
        arguments.GetValue(rounds),
        arguments.GetValue(seconds),
        arguments.GetValue(warmUp),
        arguments.GetValue(connections),
        arguments.GetValue(users),
        arguments.GetValue(titles),
        arguments.GetValue(only)!.SelectMany(keys => keys.Split(',')).ToHashSet());
    var result = await new Comparison(plan, new Progress()).RunAsync();
    var folder = arguments.GetValue(output)!;
    folder.Create();
    await File.WriteAllTextAsync(Path.Combine(folder.FullName, "compare.json"), JsonSerializer.Serialize(result, ResultJson.Options));
    Console.WriteLine();
    Console.WriteLine(Finding.Table(result.Findings));
});
root.Subcommands.Add(Hidden(DriverProcess.Verb, "Puts load on a service: the plan comes in as a line of JSON.", DriverProcess.ServeAsync));
return await root.Parse(args).InvokeAsync();

static Command Hidden(string name, string description, Func<Task<int>> serve)
{
    var command = new Command(name, description) { Hidden = true };
    command.SetAction(_ => serve());
    return command;
}
