using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;
using Npgsql;

namespace ContinueWatching.Bench;

/// <summary>The table <c>resume</c> at one moment of a long run.</summary>
/// <param name="Heartbeats">Written so far.</param>
/// <param name="TableBytes">Its size.</param>
/// <param name="IndexBytes">Of its indexes.</param>
/// <param name="LiveRows">Rows that count.</param>
/// <param name="DeadRows">Rows that vacuum has yet to clear.</param>
/// <param name="Updates">So far.</param>
/// <param name="HotUpdates">Of these, without touching an index.</param>
/// <param name="Vacuums">Autovacuum's runs so far.</param>
/// <param name="WalBytes">Written so far.</param>
internal sealed record TableState(
    long Heartbeats, long TableBytes, long IndexBytes, long LiveRows, long DeadRows, long Updates, long HotUpdates, long Vacuums, long WalBytes);

/// <summary>How a table fared under many heartbeats.</summary>
/// <param name="Users">Active users, ten titles each.</param>
/// <param name="States">From the first moment to the last.</param>
/// <param name="Settings">Autovacuum's, as they were.</param>
internal sealed record TableGrowthResult(int Users, IReadOnlyList<TableState> States, IReadOnlyDictionary<string, string> Settings)
{
    private const int LinesApart = 5;

    private TableState First => States[0];

    private TableState Last => States[^1];

    /// <summary>Updates that touched no index, 0 to 1.</summary>
    public double HotRatio => (double)(Last.HotUpdates - First.HotUpdates) / Math.Max(1, Last.Updates - First.Updates);

    /// <summary>Bytes of WAL per heartbeat, full pages after checkpoints among them.</summary>
    public double WalPerHeartbeat => (double)(Last.WalBytes - First.WalBytes) / Math.Max(1, Last.Heartbeats);

    /// <summary>By how much table and indexes have grown.</summary>
    public double Growth => (double)(Last.TableBytes + Last.IndexBytes) / (First.TableBytes + First.IndexBytes);

    private static string Line(TableState state, TableState before) => FormattableString.Invariant(
        $"| {state.Heartbeats / 1e6:0.0} | {state.TableBytes / 1e6:0.0} | {state.IndexBytes / 1e6:0.0} | {state.LiveRows} | {state.DeadRows} | {(state.HotUpdates - before.HotUpdates) / (double)Math.Max(1, state.Updates - before.Updates):0.00%} | {state.Vacuums} | {(state.WalBytes - before.WalBytes) / (double)Math.Max(1, state.Heartbeats - before.Heartbeats):0} |");

    /// <summary>The figures in a sentence.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Last.Heartbeats} heartbeats: table {First.TableBytes / 1e6:0} → {Last.TableBytes / 1e6:0} MB, indexes {First.IndexBytes / 1e6:0} → {Last.IndexBytes / 1e6:0} MB, {HotRatio:0.0%} HOT, {Last.DeadRows} dead of {Last.LiveRows} rows, {Last.Vacuums} autovacuums, {WalPerHeartbeat:0} B of WAL each");

    /// <summary>The figures, moment by moment, and what autovacuum was set to, as Markdown.</summary>
    public string Table() => $"""
        {this}.

        | million heartbeats | table, MB | indexes, MB | live rows | dead rows | HOT of the updates since | autovacuums | WAL a heartbeat since, B |
        |---:|---:|---:|---:|---:|---:|---:|---:|
        {string.Join('\n', States.Skip(1).Zip(States).Where((_, index) => (index + 1) % LinesApart == 0).Select(pair => Line(pair.First, pair.Second)))}

        | setting | |
        |---|---|
        {string.Join('\n', Settings.Select(setting => $"| `{setting.Key}` | {setting.Value} |"))}
        """;

    /// <summary>The picture.</summary>
    public string Draw() => TimelineChart.Draw(
        "The table resume under heartbeats",
        ToString(),
        [
            new("size, MB", [
                ("table", "#2563eb", [.. States.Select(state => state.TableBytes / 1e6)]),
                ("indexes", "#059669", [.. States.Select(state => state.IndexBytes / 1e6)])]),
            new("rows, thousands", [
                ("live", "#2563eb", [.. States.Select(state => state.LiveRows / 1e3)]),
                ("dead", "#dc2626", [.. States.Select(state => state.DeadRows / 1e3)])]),
            new("WAL per heartbeat, B", [("WAL", "#7c3aed", [.. States.Skip(1).Zip(States).Select(pair =>
                (pair.First.WalBytes - pair.Second.WalBytes) / (double)Math.Max(1, pair.First.Heartbeats - pair.Second.Heartbeats)).Prepend(0)])]),
        ],
        step => FormattableString.Invariant($"{States[step].Heartbeats / 1e6:0.0} M"),
        []);
}

/// <summary>Writes heartbeats, many millions if asked, and looks at the table all the while.</summary>
internal sealed class TableGrowth(GrowthPlan plan, TestBed bed, Progress progress)
{
    private const int Users = 20_000;
    private const int Titles = 10;
    private const double SliceSeconds = 20;

    private const string StateSql = """
        select pg_relation_size('resume'), pg_indexes_size('resume'), n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd, autovacuum_count,
          (pg_current_wal_lsn() - '0/0')::bigint
        from pg_stat_user_tables where relname = 'resume'
        """;

    private const string SettingsSql =
        "select name, setting || coalesce(unit, '') from pg_settings where name like 'autovacuum%' union all select 'resume', coalesce(reloptions::text, '') from pg_class where relname = 'resume'";

    public async Task<TableGrowthResult> RunAsync()
    {
        progress.Begin("starting Standalone");
        await using var system = await SystemUnderTest.StartStandaloneAsync(bed, "Standalone", new Seed(Users, Titles), database: "growth");
        await Trial.PrimeAsync(system, plan.Turns.Connections, Users, Titles, progress);
        var states = new List<TableState> { await LookAsync(system, 0) };
        var heartbeats = 0L;
        while (heartbeats < plan.Heartbeats)
        {
            progress.Begin(FormattableString.Invariant($"{heartbeats / 1e6:0.0} of {plan.Heartbeats / 1e6:0.0} M heartbeats"));
            var trial = await Trial.RunAsync(
                bed, system, new DrivePlan(system.Port, plan.Turns.Connections, new Mix(Heartbeats: 1), Users, Titles, WarmUp: 0, SliceSeconds), progress);
            heartbeats += trial.Answers;
            states.Add(await LookAsync(system, heartbeats));
        }

        var result = new TableGrowthResult(Users, states, await SettingsAsync(system));
        progress.Done(result.ToString());
        return result;
    }

    private static async Task<TableState> LookAsync(SystemUnderTest system, long heartbeats)
    {
        await using var source = NpgsqlDataSource.Create(system.ConnectionString);
        await using var command = source.CreateCommand(StateSql);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new TableState(
            heartbeats, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5),
            reader.GetInt64(6), reader.GetInt64(7));
    }

    private static async Task<IReadOnlyDictionary<string, string>> SettingsAsync(SystemUnderTest system)
    {
        await using var source = NpgsqlDataSource.Create(system.ConnectionString);
        await using var command = source.CreateCommand(SettingsSql);
        await using var reader = await command.ExecuteReaderAsync();
        var settings = new SortedDictionary<string, string>();
        while (await reader.ReadAsync())
            settings[reader.GetString(0)] = reader.GetString(1);
        return settings;
    }
}
