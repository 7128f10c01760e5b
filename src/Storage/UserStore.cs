using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>The tables <c>users</c>, <c>watchlist</c>, <c>title_mark</c> and <c>tombstone</c>: what is done now and then, a statement each.</summary>
internal sealed class UserStore(Database database, IOptions<StorageOptions> options, TimeProvider time) : IUserStore
{
    // So many titles are erased well within the time that a statement may take, be they on 8 devices each.
    private const int TitlesInStep = 5_000;

    private const string CreateSql = "insert into users (user_id, created_at) values ($1, $2) on conflict do nothing";

    private const string MarksSql = """
        with marks as (
          select * from unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
            as m(content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at)
        ), marked as (
          insert into title_mark as m (user_id, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at)
          select $1, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at from marks order by content_id
          on conflict (user_id, content_id) do update
            set completed_at = excluded.completed_at, play_count = excluded.play_count, hidden_at = excluded.hidden_at,
                forgotten_at = excluded.forgotten_at, changed_at = excluded.changed_at
            where m.changed_at <= excluded.changed_at
          returning content_id, forgotten_at
        ), forgotten as (
          delete from resume r using marked
          where r.user_id = $1 and r.content_id = marked.content_id and r.watched_at <= marked.forgotten_at
        )
        select (select count(*) from marks) = (select count(*) from marked)
        """;

    // Whoever pauses is known; unless another silo has erased them, of which this one did not hear. A silo that stood still may come late with
    // a pause that is over.
    private const string PauseSql = """
        insert into users (user_id, created_at, paused_from, paused_until) values ($1, $2, $3::timestamptz, $4::timestamptz)
        on conflict (user_id) do update set paused_from = excluded.paused_from, paused_until = excluded.paused_until
          where coalesce(users.paused_until, users.paused_from, '-infinity') <= coalesce(excluded.paused_until, excluded.paused_from)
        """;

    private const string WatchlistSql =
        "select content_id, added_at from watchlist where user_id = $1 order by added_at desc, content_id desc";

    // What a lost silo has written of before an erasure is not there, until it is erased as well.
    private const string AddSql = """
        with input as (
          select * from unnest($2::uuid[], $3::timestamptz[]) with ordinality as i(content_id, added_at, place)
        ), erased as (
          select coalesce(max(erased_at), '-infinity') as at from tombstone where user_hash = sha256(convert_to($1, 'UTF8'))
        ), present as (
          select content_id from watchlist where user_id = $1 and added_at > (select at from erased)
        ), added as (
          insert into watchlist as w (user_id, content_id, added_at)
          select $1, content_id, added_at from input
          where content_id not in (select content_id from present)
          order by place
          limit greatest(0, $4 - (select count(*) from present))
          on conflict (user_id, content_id) do update set added_at = excluded.added_at where w.added_at <= (select at from erased)
          returning content_id
        )
        select count(*)::int from input where content_id in (select content_id from present union all select content_id from added)
        """;

    private const string RemoveSql = "delete from watchlist where user_id = $1 and content_id = $2 and added_at <= $3";

    private const string AllSql = """
        with page as (
          select content_id from (
            (select distinct content_id from resume where user_id = $1 and content_id > $2 order by content_id limit $3)
            union
            (select content_id from title_mark where user_id = $1 and content_id > $2 order by content_id limit $3)
          ) as titles
          order by content_id
          limit $3
        )
        select content_id, device_id, position_ms, duration_ms, watched_at, completed_at, play_count, hidden_at, forgotten_at, changed_at
        from page
        left join lateral (
          select device_id, position_ms, duration_ms, watched_at from resume
          where user_id = $1 and content_id = page.content_id
          offset 0
        ) as place on true
        left join lateral (
          select completed_at, play_count, hidden_at, forgotten_at, changed_at from title_mark
          where user_id = $1 and content_id = page.content_id
          offset 0
        ) as mark on true
        order by content_id
        """;

    // First of all: from here on nothing of before is taken or shown, whatever becomes of the rest. The moment is not before anything that is
    // stored, which another clock may have put ahead of it; what is later by any clock ($3) came afterwards.
    private const string BurySql = """
        with stored as (
          select max(watched_at) as at from resume where user_id = $1 and watched_at > $2 and watched_at <= $3
          union all select max(changed_at) from title_mark where user_id = $1 and changed_at > $2 and changed_at <= $3
          union all select max(added_at) from watchlist where user_id = $1 and added_at > $2 and added_at <= $3
        ), stone as (
          insert into tombstone as t (user_hash, erased_at)
          select sha256(convert_to($1, 'UTF8')), greatest($2, max(at)) from stored
          on conflict (user_hash) do update set erased_at = greatest(t.erased_at, excluded.erased_at)
          returning erased_at
        ), known as (
          delete from users where user_id = $1 and created_at <= (select erased_at from stone) returning 1
        )
        select (select erased_at from stone), (select count(*)::int from known)
        """;

    private static readonly (string Table, string Sql)[] _eraseSteps =
    [
        ("resume", EraseTitlesSql("resume", "watched_at")),
        ("title_mark", EraseTitlesSql("title_mark", "changed_at")),
        ("watchlist", EraseTitlesSql("watchlist", "added_at")),
    ];

    private const string EraseAgainSql = """
        with places as (
          delete from resume where user_id = $1 and watched_at <= $2 returning 1
        ), marks as (
          delete from title_mark where user_id = $1 and changed_at <= $2 returning 1
        ), list as (
          delete from watchlist where user_id = $1 and added_at <= $2 returning 1
        ), known as (
          delete from users where user_id = $1 and created_at <= $2 returning 1
        )
        select ((select count(*) from places) + (select count(*) from marks)
          + (select count(*) from list) + (select count(*) from known))::int
        """;

    private readonly ConnectionLimit _connections =
        new("users' own changes", options.Value.UserConnections, options.Value.QueueTime, time);

    public Task CreateAsync(UserId user, DateTimeOffset since) => ExecuteAsync(CreateSql, user.Value, since);

    public Task<bool> StoreMarksAsync(UserId user, ImmutableArray<(ContentId ContentId, TitleMarks Marks)> titles) => QueryAsync(
        MarksSql,
        parameters =>
        {
            parameters.AddWithValue(user.Value);
            parameters.AddWithValue(titles.Select(title => title.ContentId.Value).ToArray());
            parameters.AddMarks(titles.Select(title => title.Marks));
        },
        async (reader, token) => await reader.ReadAsync(token) && reader.GetBoolean(0));

    public async Task<bool> StorePauseAsync(UserId user, UserState state) =>
        await ExecuteAsync(PauseSql, user.Value, state.PausedUntil ?? state.PausedFrom, state.PausedFrom, state.PausedUntil) > 0;

    public Task<ImmutableArray<WatchlistRecord>> LoadWatchlistAsync(UserId user, CancellationToken cancellationToken) =>
        QueryAsync(WatchlistSql, parameters => parameters.AddWithValue(user.Value), ReadWatchlistAsync).WaitAsync(cancellationToken);

    public Task<int> AddToWatchlistAsync(UserId user, ImmutableArray<WatchlistRecord> entries) => QueryAsync(
        AddSql,
        parameters =>
        {
            parameters.AddWithValue(user.Value);
            parameters.AddWithValue(entries.Select(entry => entry.ContentId.Value).ToArray());
            parameters.AddWithValue(entries.Select(entry => entry.AddedAt).ToArray());
            parameters.AddWithValue(Limits.Watchlist);
        },
        ReadCountAsync);

    public async Task<bool> RemoveFromWatchlistAsync(UserId user, ContentId contentId, DateTimeOffset until) =>
        await ExecuteAsync(RemoveSql, user.Value, contentId.Value, until) > 0;

    public Task<ImmutableArray<TitleProgress>> LoadAllAsync(UserId user, ContentId? after, CancellationToken cancellationToken) => QueryAsync(
        AllSql,
        parameters =>
        {
            parameters.AddWithValue(user.Value);
            parameters.AddWithValue(after?.Value ?? Guid.Empty);
            parameters.AddWithValue(Limits.TitlesInChunk);
        },
        ReadTitlesAsync).WaitAsync(cancellationToken);

    public async Task<ErasureReceipt> EraseAsync(UserId user, DateTimeOffset askedAt)
    {
        var rows = ImmutableDictionary.CreateBuilder<string, int>();
        try
        {
            var (erasedAt, known) = await QueryAsync(
                BurySql,
                parameters =>
                {
                    parameters.AddWithValue(user.Value);
                    parameters.AddWithValue(askedAt);
                    parameters.AddWithValue(askedAt + Limits.ClockDifference);
                },
                ReadBurialAsync);
            rows["users"] = known;
            foreach (var (table, sql) in _eraseSteps)
            {
                rows[table] = await EraseInStepsAsync(user, sql, erasedAt);
            }

            return new ErasureReceipt(erasedAt, rows.ToImmutable());
        }
        catch (StorageUnavailableException unavailable)
        {
            // The tombstone may stand already: whoever has the user in memory has to read anew.
            throw new StorageUnavailableException(unavailable.Message) { OutcomeUnknown = true };
        }
    }

    public Task<int> EraseAgainAsync(UserId user, DateTimeOffset erasedAt) => QueryAsync(
        EraseAgainSql,
        parameters =>
        {
            parameters.AddWithValue(user.Value);
            parameters.AddWithValue(erasedAt);
        },
        ReadCountAsync);

    // A silo that stood still meanwhile may come to it late: what is of after the moment is somebody's, and stays.
    private static string EraseTitlesSql(string table, string moment) => $"""
        delete from {table} where user_id = $1 and {moment} <= $2 and content_id in (
          select distinct content_id from {table} where user_id = $1 and {moment} <= $2 order by content_id limit {TitlesInStep})
        """;

    private async Task<int> EraseInStepsAsync(UserId user, string sql, DateTimeOffset erasedAt)
    {
        var rows = 0;
        while (true)
        {
            var erased = await ExecuteAsync(sql, user.Value, erasedAt);
            rows += erased;
            if (erased < TitlesInStep)
            {
                return rows;
            }
        }
    }

    private static async Task<(DateTimeOffset ErasedAt, int Known)> ReadBurialAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return (reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1));
    }

    private static async Task<int> ReadCountAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0);
    }

    private static async Task<ImmutableArray<WatchlistRecord>> ReadWatchlistAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var list = ImmutableArray.CreateBuilder<WatchlistRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(new WatchlistRecord(new ContentId(reader.GetGuid(0)), reader.GetFieldValue<DateTimeOffset>(1)));
        }

        return list.DrainToImmutable();
    }

    private static async Task<ImmutableArray<TitleProgress>> ReadTitlesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var titles = new List<TitleProgress>();
        var devices = new HashSet<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            titles.AddTitleRow(reader, firstColumn: 0, devices);
        }

        return [.. titles];
    }

    private Task<int> ExecuteAsync(string sql, params object?[] values) => RunAsync(async (connection, token) =>
    {
        await using var command = database.CreateCommand(connection, sql);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value ?? DBNull.Value);
        }

        return await command.ExecuteNonQueryAsync(token);
    });

    private Task<T> QueryAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> addParameters,
        Func<NpgsqlDataReader, CancellationToken, Task<T>> readAsync) => RunAsync(async (connection, token) =>
    {
        await using var command = database.CreateCommand(connection, sql);
        addParameters(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(token);
        var result = await readAsync(reader, token);

        // Only behind the last result has Postgres committed.
        await reader.NextResultAsync(token);
        return result;
    });

    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work)
    {
        T result = default!;
        await _connections.RunAsync(async () => result = await database.RunAsync(work, CancellationToken.None));
        return result;
    }
}
