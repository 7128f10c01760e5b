using ContinueWatching.Standalone;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Chaos;

/// <summary>A thing that goes wrong, from its beginning until the cause is gone.</summary>
/// <param name="Name">As it is asked for on the command line.</param>
/// <param name="Title">As the table names it.</param>
/// <param name="NeedsNetwork">Whether silos must have namespaces of their own.</param>
/// <param name="Limits">What viewers may notice of it.</param>
/// <param name="RunAsync">Does it; it has ended when the cause is gone, not when all is well again.</param>
internal sealed record Fault(string Name, string Title, bool NeedsNetwork, FaultLimits Limits, Func<Fleet, Random, TimeSpan, Task> RunAsync)
{
    // Nobody is to notice a process that is told to stop: four times the pace at which screens report.
    private static readonly FaultLimits _unnoticed = new() { LongestWait = TimeSpan.FromSeconds(2) };
    private static readonly FaultLimits _killedSilo = new() { LongestWait = TimeSpan.FromSeconds(5) };

    // Its clients' connections break, whatever stands before it; those who come back at once find another.
    private static readonly FaultLimits _killedApi = new() { MayBreak = true, LongestWait = TimeSpan.FromSeconds(5) };

    // Three probes of a second, a vote, a look at the members; it answers reads by itself until it looks at the members, every 5 s.
    private static readonly FaultLimits _silentSilo = new()
    {
        MayRefuse = true, LongestWait = TimeSpan.FromSeconds(15), ServedAfterEnd = TimeSpan.FromSeconds(2), Stale = TimeSpan.FromSeconds(10),
    };

    private static readonly FaultLimits _withoutPostgres = new() { MayRefuse = true, ServedAfterEnd = TimeSpan.FromSeconds(2) };

    // A silo that is cut off does not know what others have stored since, until it is not.
    private static readonly FaultLimits _siloWithoutPostgres = _withoutPostgres with { Stale = _silentSilo.Stale };

    // Those who wait on a connection whose packets are dropped go on when TCP tries again: it waits twice as long each time.
    private static readonly FaultLimits _unreachableSilo = new() { MayRefuse = true, ServedAfterEnd = TimeSpan.FromSeconds(15) };

    /// <summary>All that there are.</summary>
    public static readonly IReadOnlyList<Fault> All =
    [
        new("sigterm-silo", "SIGTERM of a silo", false, _unnoticed, (fleet, random, _) => EndAsync(Any(fleet.Silos, random), Signals.Terminate)),
        new("rolling-restart", "rolling restart of everything", false, _unnoticed, (fleet, _, _) => RestartAllAsync(fleet)),
        new("sigkill-silo", "SIGKILL of a silo", false, _killedSilo, (fleet, random, _) => EndAsync(Any(fleet.Silos, random), Signals.Kill)),
        new("sigkill-api", "SIGKILL of an API", false, _killedApi, (fleet, random, _) => EndAsync(Any(fleet.Apis, random), Signals.Kill)),
        new("sigstop-silo", "SIGSTOP of a silo, and its return", false, _silentSilo, (fleet, random, length) => FreezeAsync(Any(fleet.Silos, random), length)),
        new("cut-silo", "a silo cut off from the others", true, _silentSilo, (fleet, random, length) => CutFromOthersAsync(fleet, random, length)),
        new("cut-silo-from-postgres", "a silo cut off from Postgres", true, _siloWithoutPostgres, (fleet, random, length) => CutFromPostgresAsync(fleet, random, length)),
        new("cut-silo-from-api", "a silo cut off from the APIs", true, _unreachableSilo, (fleet, random, length) => CutFromApisAsync(fleet, random, length)),
        new("kill-postgres", "Postgres killed and restarted", false, _withoutPostgres, (fleet, _, _) => KillPostgresAsync(fleet)),
        new("stop-postgres", "Postgres stopped for a while", false, _withoutPostgres, (fleet, _, length) => StopPostgresAsync(fleet, length)),
        new("pause-postgres", "Postgres hung for a while", false, _withoutPostgres, (fleet, _, length) => PausePostgresAsync(fleet, length)),
        new("exhaust-connections", "Postgres out of connections", false, _withoutPostgres, (fleet, _, length) => ExhaustAsync(fleet, length)),
    ];

    // One of those that have been there longest: whoever has just been started has hardly a user who would notice.
    private static Member Any(IReadOnlyList<Member> members, Random random)
    {
        var old = members.Where(member => member.Starts == members.Min(other => other.Starts)).ToArray();
        return old[random.Next(old.Length)];
    }

    private static async Task EndAsync(Member member, int signal)
    {
        var starts = member.Starts;
        member.Signal(signal);
        await member.StartedAsync(starts + 1);
    }

    private static async Task RestartAllAsync(Fleet fleet)
    {
        foreach (var member in fleet.Silos.Concat(fleet.Apis))
        {
            await EndAsync(member, Signals.Terminate);
            await fleet.ReadyAsync([member]);
        }
    }

    private static async Task FreezeAsync(Member silo, TimeSpan length)
    {
        silo.Signal(Signals.Stop);
        await Task.Delay(length);
        silo.Signal(Signals.Continue);
    }

    private static Task CutFromOthersAsync(Fleet fleet, Random random, TimeSpan length)
    {
        var cut = Any(fleet.Silos, random).Index;
        var others = fleet.Silos.Where(silo => silo.Index != cut).Select(silo => fleet.Network.AddressOf(silo.Index));
        return CutAsync(fleet, cut, [.. others.Select(address => $"ip daddr {address}")], length);
    }

    private static Task CutFromPostgresAsync(Fleet fleet, Random random, TimeSpan length) =>
        CutAsync(fleet, Any(fleet.Silos, random).Index, [$"ip daddr {fleet.Network.HostAddress} tcp dport {fleet.Postgres.Port}", $"ip daddr {fleet.Network.HostAddress} tcp sport {fleet.Postgres.Port}"], length);

    // The APIs share the host's address with Postgres: what is not Postgres is theirs.
    private static Task CutFromApisAsync(Fleet fleet, Random random, TimeSpan length) => CutAsync(
        fleet,
        Any(fleet.Silos, random).Index,
        [$"ip daddr {fleet.Network.HostAddress} tcp dport != {fleet.Postgres.Port} tcp sport != {fleet.Postgres.Port}"],
        length);

    private static async Task CutAsync(Fleet fleet, int silo, string[] matches, TimeSpan length)
    {
        foreach (var match in matches)
        {
            await fleet.Network.CutAsync(silo, match);
        }

        await Task.Delay(length);
        await fleet.Network.HealAsync(silo);
    }

    private static async Task KillPostgresAsync(Fleet fleet)
    {
        await fleet.Postgres.KillAsync();
        await fleet.Postgres.StartAgainAsync();
    }

    private static async Task StopPostgresAsync(Fleet fleet, TimeSpan length)
    {
        await fleet.Postgres.StopAsync(PostgresStopMode.Fast);
        await Task.Delay(length);
        await fleet.Postgres.StartAgainAsync();
    }

    private static async Task PausePostgresAsync(Fleet fleet, TimeSpan length)
    {
        fleet.Postgres.Pause();
        await Task.Delay(length);
        fleet.Postgres.Resume();
    }

    // Ends everybody else's connections and takes their places, again and again.
    private static async Task ExhaustAsync(Fleet fleet, TimeSpan length)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(fleet.Postgres.ConnectionString) { Pooling = false }.ConnectionString;
        var taken = new List<NpgsqlConnection>();
        using var until = new CancellationTokenSource(length);
        try
        {
            while (!until.IsCancellationRequested)
            {
                try
                {
                    var connection = new NpgsqlConnection(unpooled);
                    await connection.OpenAsync(CancellationToken.None);
                    taken.Add(connection);
                    continue;
                }
                catch (NpgsqlException) when (taken.Count > 0)
                {
                    // None is left: those of the others go.
                }

                await using var end = new NpgsqlCommand(
                    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and not pid = any ($1)", taken[0]);
                end.Parameters.AddWithValue(taken.Select(connection => connection.ProcessID).ToArray());
                await end.ExecuteNonQueryAsync(CancellationToken.None);
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            }
        }
        finally
        {
            foreach (var connection in taken)
            {
                await connection.DisposeAsync();
            }
        }
    }
}
