using System.Diagnostics;
using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Grains.Tests;

/// <summary>A storm takes all of the machine: no other test runs beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>The loss of a silo wakes all its users at once.</summary>
[Collection(Alone.Name)]
public sealed class ActivationStormTests(ITestOutputHelper output)
{
    private const int Users = 50_000;

    // Two silos: each wakes users over two connections and reads the catalogue over eight; and a few for whoever comes between.
    private const int MaxConnections = 24;

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Fifty_thousand_users_who_come_back_at_once_are_all_served_over_a_handful_of_connections()
    {
        await using var cluster = await GrainCluster.StartAsync(await TestPostgres.CreateDatabaseAsync());
        await using (var seed = cluster.Postgres.CreateCommand(
            """
            insert into resume (user_id, content_id, device_id, position_ms, duration_ms, watched_at)
            select 'storm-' || u, md5(u || '-' || t)::uuid, 'tv', u, null, '2026-03-01T20:00:00Z'::timestamptz + t * interval '1 second'
            from generate_series(1, $1) u, generate_series(1, 3) t
            """))
        {
            seed.Parameters.Add(new() { Value = Users });
            await seed.ExecuteNonQueryAsync();
        }

        using var patience = new CancellationTokenSource(_limit);
        var clock = Stopwatch.StartNew();
        var refused = 0;
        var storm = Task.WhenAll(Enumerable.Range(1, Users).Select(ComeBackAsync));
        var most = 0L;
        await using (var connections = cluster.Postgres.CreateCommand(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"))
        {
            while (!storm.IsCompleted)
                most = Math.Max(most, (long)(await connections.ExecuteScalarAsync(patience.Token))!);
        }

        await storm;
        output.WriteLine(
            $"{Users} users in {clock.Elapsed.TotalSeconds:0.0} s, {refused} of them refused before; {most} connections at most.");
        Assert.InRange(most, 1, MaxConnections);

        async Task ComeBackAsync(int user)
        {
            var grain = cluster.Grains.GetUser(UserId.Parse($"storm-{user}"));
            while (true)
            {
                try
                {
                    var row = await grain.GetRowAsync(patience.Token);
                    Assert.Equal(3, row.Length);
                    Assert.All(row, entry => Assert.Equal(user, entry.Position.TotalMilliseconds));
                    return;
                }
                catch (Exception busy) when (busy is StorageUnavailableException or TimeoutException)
                {
                    // Who has waited too long is told so, and comes again.
                    Interlocked.Increment(ref refused);
                }
            }
        }
    }
}
