using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using Npgsql;

namespace ContinueWatching.Chaos;

/// <summary>What is run.</summary>
/// <param name="Faults">One after the other.</param>
/// <param name="Length">How long a fault lasts that lasts.</param>
/// <param name="Viewers">How many watch, on two screens each.</param>
/// <param name="Pace">How often each screen reports.</param>
/// <param name="Seed">Which of several processes a fault meets.</param>
internal sealed record ChaosPlan(IReadOnlyList<Fault> Faults, TimeSpan Length, int Viewers, TimeSpan Pace, int Seed)
{
    /// <summary>How many silos.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>How many APIs.</summary>
    public int Apis { get; init; } = 2;

    /// <summary>How long all is left alone before each fault.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long an API that is told to stop serves on; null: as it is shipped.</summary>
    public TimeSpan? DrainTime { get; init; }

    /// <summary>By how much times may be longer than the limits of the faults: 1, or more where others use the machine as well.</summary>
    public double Tolerance { get; init; } = 1;
}

/// <summary>Everything that was seen.</summary>
/// <param name="Plan">What was to be run.</param>
/// <param name="Faults">What was run: less, where viewers were not served again.</param>
/// <param name="Answers">All that clients were told.</param>
/// <param name="Length">How long it took.</param>
/// <param name="Said">What the processes said last.</param>
internal sealed record ChaosResult(ChaosPlan Plan, IReadOnlyList<FaultResult> Faults, IReadOnlyList<Answer> Answers, TimeSpan Length, string Said)
{
    /// <summary>What the APIs said of stack traces: what goes wrong behind them is to be told in a line.</summary>
    public required IReadOnlyList<string> StackTraces { get; init; }

    /// <summary>The limits that were broken, each with its fault: none may be.</summary>
    public IReadOnlyList<string> Broken { get; } =
        [.. Faults.SelectMany(result => result.Fault.Limits.FindBroken(result, Plan.Tolerance).Select(broken => $"{result.Fault.Title}: {broken}"))];
}

/// <summary>Runs a deployment under load, lets one thing after the other go wrong, and looks at what became of every report.</summary>
internal static class ChaosRun
{
    private static readonly TimeSpan _recoveryLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it; it ends early when viewers are not served again a minute after a fault.</summary>
    /// <param name="plan">What.</param>
    /// <param name="tell">Told what happens while it does.</param>
    /// <exception cref="TimeoutException">Nobody is served to begin with, or a process does not end, or is not ready, a minute after a fault.</exception>
    public static async Task<ChaosResult> RunAsync(ChaosPlan plan, Action<string> tell)
    {
        await using var network = plan.Faults.Any(fault => fault.NeedsNetwork) ? await Network.CreateAsync(plan.Silos) : Network.Loopback();
        await using var fleet = await Fleet.StartAsync(network, plan);
        await using var balancer = new Balancer(fleet.Apis);
        await using var viewers = new Viewers(fleet, balancer, plan.Viewers, plan.Pace);
        if (await viewers.EverybodyServedAsync(_recoveryLimit) is [var unserved, ..])
            throw new TimeoutException($"{unserved} is not served, before anything has gone wrong. {fleet.Said()}");
        await Task.Delay(plan.Calm);
        var random = new Random(plan.Seed);
        var results = new List<FaultResult>();
        foreach (var fault in plan.Faults)
        {
            tell($"{viewers.Now:mm\\:ss}  {fault.Title} …");
            var result = await RunAsync(fault, fleet, viewers, random, plan);
            results.Add(result);
            tell($"       {result}");
            if (result.Unserved.Count > 0)
                break;
        }

        return new ChaosResult(plan, results, [.. viewers.Answers], viewers.Now, fleet.Said())
        {
            StackTraces = [.. fleet.Apis.SelectMany(api => api.StackTraces)],
        };
    }

    private static async Task<FaultResult> RunAsync(Fault fault, Fleet fleet, Viewers viewers, Random random, ChaosPlan plan)
    {
        var before = viewers.Ledger.Count;
        var from = viewers.Now;
        await fault.RunAsync(fleet, random, plan.Length);
        var gone = viewers.Now;
        var unserved = await viewers.EverybodyServedAsync(_recoveryLimit);
        await fleet.ReadyAsync();
        await Task.Delay(plan.Calm);

        // In this order: what is acknowledged while Postgres is read need not be in what is read, but all that is in there was sent before.
        var acknowledged = viewers.Ledger.Acknowledged();
        var stored = await ReadStoredAsync(fleet);
        var recorded = new Recorded(viewers.Screens, [.. viewers.Answers], [.. viewers.StaleReads], viewers.Ledger.Count - before)
        {
            Lost = Ledger.FindLost(acknowledged, stored),
            Forged = viewers.Ledger.FindForged(stored),
            Unserved = unserved,
            Exits = fleet.TakeExits(),
        };
        return FaultResult.Of(fault, recorded, from, gone, viewers.Now);
    }

    private static async Task<IReadOnlyDictionary<RegisterKey, Register>> ReadStoredAsync(Fleet fleet)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(fleet.Postgres.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand("select user_id, content_id, device_id, watched_at, position_ms from resume");
        await using var rows = await command.ExecuteReaderAsync();
        var stored = new Dictionary<RegisterKey, Register>();
        while (await rows.ReadAsync())
        {
            var key = new RegisterKey(rows.GetString(0), rows.GetGuid(1), rows.GetString(2));
            stored.Add(key, new Register(
                DeviceId.Parse(key.Device), rows.GetFieldValue<DateTimeOffset>(3), TimeSpan.FromMilliseconds(rows.GetInt32(4)), null));
        }

        return stored;
    }
}
