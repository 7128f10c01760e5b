using ContinueWatching.Standalone;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Chaos;

/// <summary>A thing that goes wrong, from its beginning until the cause is gone.</summary>
/// <param name="Name">As it is asked for on the command line.</param>
/// <param name="Title">As the table names it.</param>
/// <param name="NeedsNetwork">Whether silos must have namespaces of their own.</param>
/// <param name="RunAsync">Does it; it has ended when the cause is gone, not when all is well again.</param>
internal sealed record Fault(string Name, string Title, bool NeedsNetwork, Func<Fleet, Random, TimeSpan, Task> RunAsync)
{
    /// <summary>All that there are.</summary>
    public static readonly IReadOnlyList<Fault> All =
    [
        new("sigterm-silo", "SIGTERM of a silo", false, (fleet, random, _) => EndAsync(Any(fleet.Silos, random), Signals.Terminate)),
        new("rolling-restart", "rolling restart of everything", false, (fleet, _, _) => RestartAllAsync(fleet)),
        new("sigkill-silo", "SIGKILL of a silo", false, (fleet, random, _) => EndAsync(Any(fleet.Silos, random), Signals.Kill)),
        new("sigkill-api", "SIGKILL of an API", false, (fleet, random, _) => EndAsync(Any(fleet.Apis, random), Signals.Kill)),
        new("sigstop-silo", "SIGSTOP of a silo, and its return", false, (fleet, random, length) => FreezeAsync(Any(fleet.Silos, random), length)),
        new("cut-silo", "a silo cut off from the others", true, (fleet, random, length) => CutFromOthersAsync(fleet, random, length)),
        new("cut-silo-from-postgres", "a silo cut off from Postgres", true, (fleet, random, length) => CutFromPostgresAsync(fleet, random, length)),
        new("cut-silo-from-api", "a silo cut off from the APIs", true, (fleet, random, length) => CutFromApisAsync(fleet, random, length)),
        new("kill-postgres", "Postgres killed and restarted", false, (fleet, _, _) => KillPostgresAsync(fleet)),
        new("stop-postgres", "Postgres stopped for a while", false, (fleet, _, length) => StopPostgresAsync(fleet, length)),
        new("pause-postgres", "Postgres hung for a while", false, (fleet, _, length) => PausePostgresAsync(fleet, length)),
        new("exhaust-connections", "Postgres out of connections", false, (fleet, _, length) => ExhaustAsync(fleet, length)),
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
        return CutAsync(cut, [.. others.Select(address => $"ip daddr {address}")], length);
    }

    private static Task CutFromPostgresAsync(Fleet fleet, Random random, TimeSpan length) =>
        CutAsync(Any(fleet.Silos, random).Index, [$"ip daddr {fleet.Network.HostAddress} tcp dport {fleet.Postgres.Port}", $"ip daddr {fleet.Network.HostAddress} tcp sport {fleet.Postgres.Port}"], length);

    // The APIs share the host's address with Postgres: what is not Postgres is theirs.
    private static Task CutFromApisAsync(Fleet fleet, Random random, TimeSpan length) => CutAsync(
        Any(fleet.Silos, random).Index,
        [$"ip daddr {fleet.Network.HostAddress} tcp dport != {fleet.Postgres.Port} tcp sport != {fleet.Postgres.Port}"],
        length);

    private static async Task CutAsync(int silo, string[] matches, TimeSpan length)
    {
        foreach (var match in matches)
        {
            await Network.CutAsync(silo, match);
        }

        await Task.Delay(length);
        await Network.HealAsync(silo);
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
