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
var document = new Option<FileInfo>("--document")
{
    Description = "Instead: all of them once, and then thirty drawn at random (--seed 7 --seconds 8); the tables and the picture go into this file, docs/reliability.md.",
};
var seconds = new Option<double>("--seconds") { Description = "How long those last that last.", DefaultValueFactory = _ => 20 };
var viewers = new Option<int>("--viewers") { Description = "How many viewers watch, on two screens each.", DefaultValueFactory = _ => 75 };
var pace = new Option<double>("--pace") { Description = "Seconds between two reports of a screen.", DefaultValueFactory = _ => 0.5 };
var seed = new Option<int>("--seed") { Description = "Which of several processes a fault meets, and which faults are drawn.", DefaultValueFactory = _ => 1 };
var tolerance = new Option<double>("--tolerance") { Description = "By how much times may be longer than allowed, where others use the machine as well.", DefaultValueFactory = _ => 1 };
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where chaos.json, chaos.svg and chaos.log go.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("bench", "results")),
};
var root = new RootCommand("Runs three silos, two APIs and a Postgres under load, lets things go wrong, and looks at what viewers notice. Ends with 1 when they notice more than they may.")
{
    faults, random, document, seconds, viewers, pace, seed, tolerance, output,
};
root.SetAction(async arguments =>
{
    var obstacle = await Network.FindObstacleAsync();
    var pool = Fault.All.Where(fault => obstacle is null || !fault.NeedsNetwork).ToArray();
    if (obstacle is not null)
        Console.Error.WriteLine($"No silo can be cut off here: {obstacle}. Those faults are LEFT OUT.");
    if (arguments.GetValue(document) is { } file)
    {
        var each = await RunAsync("chaos", Plan(pool, arguments.GetValue(seed), arguments.GetValue(seconds)));
        await Document.ReplaceAsync(file, "each fault", $"{Stamp()}\n\n{ResultTable.Of(each)}");
        await File.WriteAllTextAsync(Path.Combine(file.DirectoryName!, "images", "chaos.svg"), Picture.Of(each));
        var drawn = await RunAsync("chaos-random", Plan(Draw(pool, 30, 7), 7, 8));
        await Document.ReplaceAsync(file, "thirty faults", $"{Stamp()}\n\n{ResultTable.Of(drawn)}");
        return each.Broken.Count + drawn.Broken.Count == 0 ? 0 : 1;
    }

    var chosen = arguments.GetValue(random) is > 0 and var count ? Draw(pool, count, arguments.GetValue(seed)) : Choose(arguments.GetValue(faults)!);
    if (chosen is null)
    {
        Console.Error.WriteLine($"--faults takes {names}, or all.");
        return 2;
    }

    var result = await RunAsync("chaos", Plan([.. chosen.Where(pool.Contains)], arguments.GetValue(seed), arguments.GetValue(seconds)));
    return result.Broken.Count == 0 ? 0 : 1;

    ChaosPlan Plan(IReadOnlyList<Fault> faults, int seed, double length) =>
        new(faults, TimeSpan.FromSeconds(length), arguments.GetValue(viewers), TimeSpan.FromSeconds(arguments.GetValue(pace)), seed)
        {
            Tolerance = arguments.GetValue(tolerance),
        };

    async Task<ChaosResult> RunAsync(string name, ChaosPlan plan)
    {
        var result = await ChaosRun.RunAsync(plan, Console.WriteLine);
        await WriteAsync(arguments.GetValue(output)!, name, result);
        return result;
    }
});
return await root.Parse(args).InvokeAsync();

static string Stamp() => FormattableString.Invariant($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores:");

static async Task WriteAsync(DirectoryInfo folder, string name, ChaosResult result)
{
    folder.Create();
    var path = Path.Combine(folder.FullName, name);
    var told = result.Faults.Select(one => new
    {
        one.Fault.Name, one.From, one.Gone, one.To, one.Acknowledged, one.Lost, one.Forged, one.Unserved, one.Unavailable, one.Broken, one.Errors,
        one.RefusedAfterRecovery, one.LongestWait, one.ServedAfterEnd, one.StaleReads, one.LongestStale, one.Exits,
    });
    await File.WriteAllTextAsync($"{path}.json", JsonSerializer.Serialize(new { result.Plan.Viewers, result.Plan.Seed, result.Length, Faults = told, result.Broken }, JsonSerializerOptions.Web));
    await File.WriteAllTextAsync($"{path}.svg", Picture.Of(result));
    await File.WriteAllTextAsync($"{path}.log", result.Said);
    Console.WriteLine($"\n{ResultTable.Of(result)}");
    foreach (var broken in result.Broken)
        Console.WriteLine($"BROKEN: {broken}");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Answers.Count} requests in {result.Length.TotalSeconds:0} s; {path}.json, .svg and .log"));
}

static IReadOnlyList<Fault> Draw(Fault[] pool, int count, int seed)
{
    var drawn = new Random(seed);
    var faults = pool.Where(fault => fault.Name != "sigkill-api").ToArray();
    return [.. Enumerable.Range(0, count).Select(_ => faults[drawn.Next(faults.Length)])];
}

static IReadOnlyList<Fault>? Choose(string[] wanted)
{
    var chosen = wanted.SelectMany(names => names.Split(','))
        .SelectMany(name => name == "all" ? Fault.All : [Fault.All.FirstOrDefault(fault => fault.Name == name)!])
        .ToArray();
    return Array.TrueForAll(chosen, fault => fault is not null) ? chosen : null;
}
