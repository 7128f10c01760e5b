using System.Globalization;
using Npgsql;

namespace ContinueWatching.Chaos;

/// <summary>What is run.</summary>
/// <param name="Faults">One after the other.</param>
/// <param name="Length">How long a fault lasts that lasts.</param>
/// <param name="Viewers">How many watch.</param>
/// <param name="Pace">How often each of them reports.</param>
/// <param name="Seed">Which of several processes a fault meets.</param>
/// <param name="Silos">How many silos.</param>
/// <param name="Apis">How many APIs.</param>
internal sealed record ChaosPlan(
    IReadOnlyList<Fault> Faults, TimeSpan Length, int Viewers, TimeSpan Pace, int Seed, int Silos = 3, int Apis = 2);

/// <summary>One fault, and what viewers noticed of it.</summary>
/// <param name="Title">Which.</param>
/// <param name="From">When it began.</param>
/// <param name="Gone">When its cause was gone.</param>
/// <param name="To">When the next one began.</param>
/// <param name="Acknowledged">Reports acknowledged from its beginning until the next one's.</param>
/// <param name="Lost">Of all acknowledged reports up to then, those that Postgres does not hold: none may be.</param>
/// <param name="Unavailable">Answers 503 with Retry-After.</param>
/// <param name="Errors">Whatever else clients saw instead of an answer, by kind.</param>
/// <param name="ErrorsAfterRecovery">503 and errors after everybody had been served again.</param>
/// <param name="LongestWait">The longest that any viewer was without a 200, from the beginning of the fault.</param>
/// <param name="ServedAfterReturn">From when the cause was gone until the last viewer had a report acknowledged that was sent after it.</param>
/// <param name="StaleReads">Reads that told a place older than one acknowledged before.</param>
/// <param name="StaleFor">From the first to the last of them.</param>
internal sealed record FaultResult(
    string Title,
    TimeSpan From,
    TimeSpan Gone,
    TimeSpan To,
    int Acknowledged,
    IReadOnlyList<string> Lost,
    int Unavailable,
    IReadOnlyDictionary<string, int> Errors,
    int ErrorsAfterRecovery,
    TimeSpan LongestWait,
    TimeSpan ServedAfterReturn,
    int StaleReads,
    TimeSpan StaleFor);

/// <summary>Everything that was seen.</summary>
internal sealed record ChaosResult(ChaosPlan Plan, IReadOnlyList<FaultResult> Faults, IReadOnlyList<Answer> Answers, TimeSpan Length, string Said)
{
    /// <summary>Whether no acknowledged report was lost and no client saw anything but 200 and 503.</summary>
    public bool IsGood => Faults.All(fault => fault.Lost.Count == 0 && fault.Errors.Count == 0);
}

/// <summary>Runs a deployment under load, lets one thing after the other go wrong, and looks at what became of every acknowledged report.</summary>
internal static class ChaosRun
{
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _recoveryLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it.</summary>
    /// <param name="plan">What.</param>
    /// <param name="tell">Told what happens while it does.</param>
    /// <exception cref="TimeoutException">Something is not ready again a minute after a fault.</exception>
    public static async Task<ChaosResult> RunAsync(ChaosPlan plan, Action<string> tell)
    {
        await using var network = plan.Faults.Any(fault => fault.NeedsNetwork) ? await Network.CreateAsync(plan.Silos) : Network.Loopback();
        await using var fleet = await Fleet.StartAsync(network, plan.Silos, plan.Apis);
        await using var balancer = new Balancer(fleet.Apis);
        await using var viewers = new Viewers(fleet, balancer, plan.Viewers, plan.Pace);
        await viewers.EverybodyServedAsync(_recoveryLimit);
        await Task.Delay(_warmUp);
        var random = new Random(plan.Seed);
        var results = new List<FaultResult>();
        foreach (var fault in plan.Faults)
        {
            tell($"{viewers.Now:mm\\:ss}  {fault.Title} …");
            var acknowledged = viewers.Ledger.Count;
            var from = viewers.Now;
            await fault.RunAsync(fleet, random, plan.Length);
            var gone = viewers.Now;
            await viewers.EverybodyServedAsync(_recoveryLimit);
            await fleet.ReadyAsync();
            await Task.Delay(_calm);

            // In this order: what is acknowledged while Postgres is read need not be in what is read.
            var all = viewers.Ledger.Acknowledged();
            var lost = Ledger.FindLost(all, await ReadStoredAsync(fleet));
            var result = Judge(fault, viewers, from, gone, viewers.Ledger.Count - acknowledged, lost);
            results.Add(result);
            tell(Describe(result));
        }

        var length = viewers.Now;
        return new ChaosResult(plan, results, [.. viewers.Answers], length, fleet.Said());
    }

    /// <summary>A result in a line.</summary>
    public static string Describe(FaultResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"       {result.Acknowledged} acknowledged, {result.Lost.Count} lost, {result.Unavailable} × 503, {Describe(result.Errors)}, waited {result.LongestWait.TotalSeconds:0.0} s at most, all served {result.ServedAfterReturn.TotalSeconds:0.0} s after it was over, {result.StaleReads} stale reads");

    /// <summary>What clients saw instead of answers.</summary>
    public static string Describe(IReadOnlyDictionary<string, int> errors) =>
        errors.Count == 0 ? "no other error" : string.Join(", ", errors.OrderByDescending(error => error.Value).Select(error => $"{error.Value} × {error.Key}"));

    /// <summary>What viewers noticed from <paramref name="from"/> until now.</summary>
    internal static FaultResult Judge(Fault fault, Viewers viewers, TimeSpan from, TimeSpan gone, int acknowledged, IReadOnlyList<string> lost) =>
        Judge(fault.Title, [.. viewers.Answers], [.. viewers.StaleReads], from, gone, viewers.Now, acknowledged, lost);

    /// <summary>The same, of what was recorded.</summary>
    internal static FaultResult Judge(
        string title,
        IReadOnlyList<Answer> answers,
        IReadOnlyList<StaleRead> staleReads,
        TimeSpan from,
        TimeSpan gone,
        TimeSpan to,
        int acknowledged,
        IReadOnlyList<string> lost)
    {
        var meanwhile = answers.Where(answer => answer.At >= from && answer.At < to).ToArray();
        var served = meanwhile.Where(answer => answer.Kind == AnswerKind.Ok)
            .GroupBy(answer => answer.Viewer)
            .ToDictionary(viewer => viewer.Key, viewer => viewer.Select(answer => answer.At).Order().ToArray());
        var everybody = answers.Select(answer => answer.Viewer).Distinct().ToArray();
        var longest = everybody.Max(viewer => LongestGap(served.GetValueOrDefault(viewer) ?? [], from, to));
        var servedAgain = everybody.Max(viewer => meanwhile
            .Where(answer => answer.Viewer == viewer && answer is { Kind: AnswerKind.Ok, IsReport: true } && answer.At - answer.Took >= gone)
            .Select(answer => answer.At)
            .DefaultIfEmpty(to)
            .Min());
        var stale = staleReads.Where(read => read.At >= from && read.At < to).ToArray();
        return new FaultResult(
            title,
            from,
            gone,
            to,
            acknowledged,
            lost,
            meanwhile.Count(answer => answer.Kind == AnswerKind.Unavailable),
            meanwhile.Where(answer => answer.Kind == AnswerKind.Error).CountBy(answer => answer.Reason!).ToDictionary(),
            meanwhile.Count(answer => answer.Kind != AnswerKind.Ok && answer.At - answer.Took > servedAgain),
            longest,
            servedAgain - gone,
            stale.Length,
            stale.Length == 0 ? TimeSpan.Zero : stale.Max(read => read.At) - stale.Min(read => read.At));
    }

    private static TimeSpan LongestGap(TimeSpan[] served, TimeSpan from, TimeSpan to)
    {
        var longest = TimeSpan.Zero;
        var last = from;
        foreach (var at in served.Append(to))
        {
            longest = at - last > longest ? at - last : longest;
            last = at;
        }

        return longest;
    }

    private static async Task<IReadOnlyDictionary<(string User, Guid Title, string Device), double>> ReadStoredAsync(Fleet fleet)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(fleet.Postgres.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand("select user_id, content_id, device_id, position_ms / 1000.0 from resume");
        await using var rows = await command.ExecuteReaderAsync();
        var stored = new Dictionary<(string, Guid, string), double>();
        while (await rows.ReadAsync())
        {
            stored.Add((rows.GetString(0), rows.GetGuid(1), rows.GetString(2)), (double)rows.GetDecimal(3));
        }

        return stored;
    }
}
