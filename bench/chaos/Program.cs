using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ContinueWatching.Chaos;

var names = string.Join(", ", Fault.All.Select(fault => fault.Name));
var faults = new Option<string[]>("--faults")
{
    Description = $"What goes wrong, in this order: {names}; or all.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["sigkill-silo"],
};
var random = new Option<int>("--random") { Description = "Instead: so many of them, drawn at random; never a killed API, whose clients a load balancer cannot shield." };
var seconds = new Option<double>("--seconds") { Description = "How long those last that last.", DefaultValueFactory = _ => 20 };
var viewers = new Option<int>("--viewers") { Description = "How many viewers watch.", DefaultValueFactory = _ => 150 };
var pace = new Option<double>("--pace") { Description = "Seconds between two reports of a viewer.", DefaultValueFactory = _ => 0.5 };
var seed = new Option<int>("--seed") { Description = "Which of several processes a fault meets, and which faults are drawn.", DefaultValueFactory = _ => 1 };
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where chaos.json and chaos.svg go.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("bench", "results")),
};
var root = new RootCommand("Runs three silos, two APIs and a Postgres under load, lets things go wrong, and looks at what viewers notice.")
{
    faults, random, seconds, viewers, pace, seed, output,
};
root.SetAction(async arguments =>
{
    var obstacle = await Network.FindObstacleAsync();
    var chosen = Choose(arguments.GetValue(faults)!, arguments.GetValue(random), arguments.GetValue(seed), obstacle is null);
    if (chosen is null)
    {
        Console.Error.WriteLine($"--faults takes {names}, or all.");
        return 2;
    }

    if (obstacle is not null && chosen.Any(fault => fault.NeedsNetwork))
    {
        Console.Error.WriteLine($"No silo can be cut off here: {obstacle}. Those faults are LEFT OUT.");
        chosen = [.. chosen.Where(fault => !fault.NeedsNetwork)];
    }

    var plan = new ChaosPlan(
        chosen, TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(viewers), TimeSpan.FromSeconds(arguments.GetValue(pace)), arguments.GetValue(seed));
    var result = await ChaosRun.RunAsync(plan, Console.WriteLine);
    var folder = arguments.GetValue(output)!;
    folder.Create();
    await File.WriteAllTextAsync(Path.Combine(folder.FullName, "chaos.svg"), TimelineChart.Draw(result));
    await File.WriteAllTextAsync(Path.Combine(folder.FullName, "chaos.json"), JsonSerializer.Serialize(new { result.Plan.Viewers, result.Plan.Seed, result.Length, result.Faults }, JsonSerializerOptions.Web));
    await File.WriteAllTextAsync(Path.Combine(folder.FullName, "chaos.log"), result.Said);
    Console.WriteLine();
    Console.WriteLine(ResultTable.Of(result));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Answers.Count} requests in {result.Length.TotalSeconds:0} s; chaos.json, chaos.svg and chaos.log in {folder}"));
    return result.IsGood ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();

static IReadOnlyList<Fault>? Choose(string[] wanted, int count, int seed, bool canCut)
{
    if (count > 0)
    {
        var drawn = new Random(seed);
        var pool = Fault.All.Where(fault => fault.Name != "sigkill-api" && (canCut || !fault.NeedsNetwork)).ToArray();
        return [.. Enumerable.Range(0, count).Select(_ => pool[drawn.Next(pool.Length)])];
    }

    var chosen = wanted.SelectMany(names => names.Split(','))
        .SelectMany(name => name == "all" ? Fault.All : [Fault.All.FirstOrDefault(fault => fault.Name == name)!])
        .ToArray();
    return Array.TrueForAll(chosen, fault => fault is not null) ? chosen : null;
}
