using ContinueWatching.Bench.Load;

namespace ContinueWatching.Bench.Systems;

/// <summary>What one load did to one system.</summary>
/// <param name="System">Which.</param>
/// <param name="Load">What the driver measured.</param>
/// <param name="ServerCpuSeconds">Processor time of the system's processes.</param>
/// <param name="PostgresCpuSeconds">Of Postgres.</param>
/// <param name="Commits">Transactions that wrote, within the measured time.</param>
/// <param name="WalBytes">Written meanwhile.</param>
internal sealed record Trial(
    string System, DriveResult Load, double ServerCpuSeconds, double PostgresCpuSeconds, double Commits, double WalBytes)
{
    /// <summary>Answers of 200 that were counted.</summary>
    public long Answers => Load.Operations.Values.Sum(operation => operation.Ok);

    /// <summary>Processor time per answer of the system and Postgres together, in microseconds: what a machine pays for it.</summary>
    public double CpuMicroseconds => (ServerCpuSeconds + PostgresCpuSeconds) * 1e6 / Math.Max(1, Answers);

    /// <summary>Commits per answer.</summary>
    public double CommitsPerAnswer => Commits / Math.Max(1, Answers);

    /// <summary>Bytes of WAL per answer.</summary>
    public double WalPerAnswer => WalBytes / Math.Max(1, Answers);

    /// <summary>Has each user ask once, so that all are awake and all code is warm; nothing is measured.</summary>
    public static Task PrimeAsync(SystemUnderTest system, int connections, int users, int titles, Progress progress, int apart = 1) => DriverProcess.RunAsync(
        new DrivePlan(system.Port, Math.Min(connections, users), new Mix(Heartbeats: 1), users, titles, WarmUp: 0, Seconds: 0, Once: true, Apart: apart),
        measuring: () => { },
        measured: () => { },
        second: _ => { },
        progress.Stop);

    /// <summary>Runs a load, and reads the counters around its measured time.</summary>
    public static async Task<Trial> RunAsync(TestBed bed, SystemUnderTest system, DrivePlan plan, Progress progress)
    {
        Task<Counters>? before = null;
        Task<Counters>? after = null;
        var result = await DriverProcess.RunAsync(
            plan,
            () => before = Counters.ReadAsync(bed, system),
            () => after = Counters.ReadAsync(bed, system),
            progress.Second,
            progress.Stop);
        var (from, to) = (await before!, await after!);

        // Read a little after the measured time began, and a little after it ended, when nothing is written any more.
        var share = Math.Min(1, (to.At - from.At) / plan.Seconds);
        return new Trial(
            system.Name, result, to.Server - from.Server, to.Postgres - from.Postgres, (to.Commits - from.Commits) / share, (to.WalBytes - from.WalBytes) / share);
    }

    private sealed record Counters(double Server, double Postgres, long Commits, long WalBytes, double At)
    {
        public static async Task<Counters> ReadAsync(TestBed bed, SystemUnderTest system)
        {
            var counting = bed.Postgres.CountersAsync();
            var (server, database) = (system.CpuSeconds, bed.Postgres.CpuSeconds);
            var (commits, wal, at) = await counting;
            return new Counters(server, database, commits, wal, at);
        }
    }
}
