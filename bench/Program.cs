using System.CommandLine;
using ContinueWatching.Bench;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

var rounds = new Option<int>("--rounds") { Description = "How often each system has its turn.", DefaultValueFactory = _ => 3, Recursive = true };
var seconds = new Option<double>("--seconds") { Description = "How long each turn is measured.", DefaultValueFactory = _ => 8, Recursive = true };
var warmUp = new Option<double>("--warm-up") { Description = "Seconds before that, of each turn.", DefaultValueFactory = _ => 3, Recursive = true };
var connections = new Option<int>("--connections") { Description = "How many connections are kept busy.", DefaultValueFactory = _ => 512, Recursive = true };
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where the results go.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("bench", "results")),
    Recursive = true,
};
var users = new Option<int>("--users") { Description = "How many users are active.", DefaultValueFactory = _ => 10_000 };
var titles = new Option<int>("--titles") { Description = "How many titles each of them has begun.", DefaultValueFactory = _ => 10 };
var only = Names("--only", "Only these systems, and no sizes: a, b, c, d, standalone, separate, grains.");
var root = new RootCommand("Measures the service beside four baselines, on one Postgres with fsync on, in one run.")
{
    rounds, seconds, warmUp, connections, output, users, titles, only,
};
root.SetAction(async (arguments, stop) =>
{
    var result = await new Comparison(Turns(arguments, arguments.GetValue(users), arguments.GetValue(titles), Set(arguments, only)), new Progress(stop)).RunAsync();
    var tables = $"{Finding.Table(result.Findings)}\n{ComparisonReport.Table(result)}";
    await Results.WriteAsync(arguments.GetValue(output)!, "compare", result, tables, ComparisonReport.Draw(result));
});

var axes = Names("--only", "Only these: titles, users, active, silos, connections, memory, table.");
var heartbeats = new Option<long>("--heartbeats") { Description = "How many are written while the table is watched.", DefaultValueFactory = _ => 10_000_000 };
var growth = new Command("growth", "What a heartbeat costs as histories, users, silos and connections grow, and how the table fares. Takes long.") { axes, heartbeats };
growth.SetAction(async (arguments, stop) =>
{
    var plan = new GrowthPlan(Set(arguments, axes), arguments.GetValue(heartbeats), Turns(arguments, 0, 0, new HashSet<string>()));
    var result = await new Growth(plan, new Progress(stop)).RunAsync();
    if (result.Axes.Count + result.Memory.Count > 0)
        await Results.WriteAsync(arguments.GetValue(output)!, "growth", result with { Table = null }, Growth.Table(result), Growth.Draw(result));
    if (result.Table is { } table)
        await Results.WriteAsync(arguments.GetValue(output)!, "table", table, table.Table(), table.Draw());
});

var quiet = new Option<double?>("--base") { Description = "Heartbeats per second before; by default a tenth of the peak, which is measured first." };
var times = new Option<double>("--times") { Description = "How many times as much comes.", DefaultValueFactory = _ => 20 };
var players = new Option<int>("--players") { Description = "How many are connected: so many may wait for an answer at once.", DefaultValueFactory = _ => 12_000 };
var burst = new Command("burst", "Twenty times the load within ten seconds.") { quiet, times, players };
burst.SetAction(async (arguments, stop) =>
{
    var plan = new BurstPlan(arguments.GetValue(quiet), arguments.GetValue(times), arguments.GetValue(players), Math.Max(20_000, arguments.GetValue(players)));
    var result = await new Burst(plan, new Progress(stop)).RunAsync();
    await Results.WriteAsync(arguments.GetValue(output)!, "burst", result, $"{Finding.Table(result.Findings)}\n{Burst.Table(result)}", Burst.Draw(result));
});

root.Subcommands.Add(growth);
root.Subcommands.Add(burst);
root.Subcommands.Add(Hidden(DriverProcess.Verb, "Puts load on a service: the plan comes in as a line of JSON.", DriverProcess.ServeAsync));
root.Subcommands.Add(Hidden(GrainProcess.Verb, "Wakes users of a seeded database in a silo of its own, and measures them.", GrainProcess.ServeAsync));

// Ctrl+C: what was started is stopped first, Postgres last.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });

ComparisonPlan Turns(ParseResult arguments, int users, int titles, IReadOnlySet<string> only) => new(
    arguments.GetValue(rounds), arguments.GetValue(seconds), arguments.GetValue(warmUp), arguments.GetValue(connections), users, titles, only);

static Option<string[]> Names(string name, string description) => new(name)
{
    Description = description,
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
};

static HashSet<string> Set(ParseResult arguments, Option<string[]> names) =>
    arguments.GetValue(names)!.SelectMany(name => name.Split(',')).ToHashSet();

static Command Hidden(string name, string description, Func<Task<int>> serve)
{
    var command = new Command(name, description) { Hidden = true };
    command.SetAction(_ => serve());
    return command;
}
