using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>What a heartbeat costs on databases of different sizes, taking turns.</summary>
internal static class Costs
{
    /// <summary>A database, and how many of its users are active, evenly among the others.</summary>
    internal sealed record Size(string Name, Seed Seed, int ActiveUsers)
    {
        /// <summary>How far apart their numbers are.</summary>
        public int Apart => Seed.Users / ActiveUsers;
    }

    /// <summary>Measures all sizes in turns, each on a Standalone of its own.</summary>
    /// <returns>The trials of each size, in the order of the rounds.</returns>
    public static async Task<IReadOnlyDictionary<Size, IReadOnlyList<Trial>>> MeasureAsync(
        TestBed bed, IReadOnlyList<Size> sizes, ComparisonPlan plan, Progress progress)
    {
        var systems = new List<SystemUnderTest>();
        try
        {
            foreach (var size in sizes)
            {
                progress.Begin($"seeding {size.Name}");
                systems.Add(await SystemUnderTest.StartStandaloneAsync(bed, size.Name, size.Seed, database: $"cost_{systems.Count}"));
                await Trial.PrimeAsync(systems[^1], plan.Connections, size.ActiveUsers, size.Seed.Titles, progress, size.Apart);
                progress.Done("seeded, awake");
            }

            var trials = sizes.ToDictionary(size => size, _ => new List<Trial>());
            // The first round is not counted: what is compiled and cached then stays.
            for (var round = 0; round <= plan.Rounds; round++)
            {
                for (var index = 0; index < sizes.Count; index++)
                {
                    var size = sizes[index];
                    progress.Begin(round == 0 ? $"heartbeats, warm-up, {size.Name}" : $"heartbeats, round {round}, {size.Name}");
                    var load = new DrivePlan(
                        systems[index].Port, Math.Min(plan.Connections, size.ActiveUsers), new Mix(Heartbeats: 1), size.ActiveUsers, size.Seed.Titles,
                        plan.WarmUp, plan.Seconds, Apart: size.Apart);
                    var trial = await Trial.RunAsync(bed, systems[index], load, progress);
                    progress.Done(Comparison.Line(trial));
                    if (round > 0)
                        trials[size].Add(trial);
                }
            }

            return trials.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<Trial>)pair.Value);
        }
        finally
        {
            foreach (var system in systems)
                await system.DisposeAsync();
        }
    }

    /// <summary>How much more a heartbeat costs on one than on the other: the processor time of the service and of Postgres.</summary>
    public static double Ratio(IReadOnlyList<Trial> upper, IReadOnlyList<Trial> lower) =>
        Figures.MedianRatio([.. upper.Select(trial => trial.CpuMicroseconds)], [.. lower.Select(trial => trial.CpuMicroseconds)]);
}
