using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace ContinueWatching.Storage;

/// <summary>
/// Reads registers for many users at once: what has queued while a lane's last query was under way becomes its next one. The loss of
/// a silo wakes thousands, and each lane holds one connection.
/// </summary>
internal sealed class ResumeLoader
{
    private const int TitlesInStatement = 2_000;

    // A title has 8 registers at most, so the newest 320 rows hold the newest 40 titles. Days are read whole: the index knows no more.
    private const int RowsForAPage = TitlePage.Size * TitleProgress.MaxRegisters;

    // Postgres must come to the one good plan whatever its statistics say, and from the first execution: LIMIT and OFFSET it can't see
    // into make it walk the index instead of sorting a whole history; "offset 0" keeps a lateral look-up one; arrays behind a select
    // count as 10 elements, few enough that neither a table scan nor its compiler (JIT) seems worth while.
    private static readonly string _newestSql = $"""
        select a.number::int, oldest_day, titles.*
        from unnest((select $1::text[]), (select $2::date[]), (select $3::timestamptz[]), (select $4::uuid[])) with ordinality
          as a(user_id, before_day, before_at, before_id, number)
        cross join lateral (
          select (
            select watched_on from resume
            where user_id = a.user_id and watched_on <= a.before_day
            order by watched_on desc offset (select {RowsForAPage - 1}) limit (select 1)
          ) as oldest_day
          offset 0
        ) as days
        left join lateral (
          select newest_at, register.*, mark.*
          from (
            select content_id, newest_at
            from (
              select content_id, max(watched_at) as newest_at from resume
              where user_id = a.user_id and watched_on <= a.before_day and watched_on >= coalesce(oldest_day, '-infinity')
              group by content_id
              having (max(watched_at), content_id) < (a.before_at, a.before_id)
              order by newest_at desc, content_id desc
              offset 0
            ) as candidate
            where a.before_at = 'infinity' or newest_at = (
              select max(watched_at) from resume where user_id = a.user_id and content_id = candidate.content_id)
            order by newest_at desc, content_id desc
            limit {TitlePage.Size + 1}
          ) as title
          cross join lateral (
            select content_id, device_id, position_ms, duration_ms, watched_at from resume
            where user_id = a.user_id and content_id = title.content_id
            offset 0
          ) as register
          left join lateral (
            select completed_at, play_count, hidden_at, forgotten_at, changed_at from title_mark
            where user_id = a.user_id and content_id = title.content_id
            offset 0
          ) as mark on true
        ) as titles on true
        order by a.number, newest_at desc, content_id desc
        """;

    private const string TitlesSql = """
        select a.number, a.content_id, register.*, mark.*
        from unnest((select $1::int[]), (select $2::text[]), (select $3::uuid[])) as a(number, user_id, content_id)
        left join lateral (
          select device_id, position_ms, duration_ms, watched_at from resume
          where user_id = a.user_id and content_id = a.content_id
          offset 0
        ) as register on true
        left join lateral (
          select completed_at, play_count, hidden_at, forgotten_at, changed_at from title_mark
          where user_id = a.user_id and content_id = a.content_id
          offset 0
        ) as mark on true
        where device_id is not null or changed_at is not null
        order by number, content_id
        """;

    // Read with the first page of a user who wakes. A tombstone counts for 30 days.
    private const string UserSql = """
        select a.number::int - 1, created_at, paused_from, paused_until, erased_at, has_marks
        from unnest((select $1::text[])) with ordinality as a(user_id, number)
        left join lateral (
          select erased_at from tombstone
          where user_hash = sha256(convert_to(a.user_id, 'UTF8')) and erased_at > now() - interval '30 days'
          offset 0
        ) as erased on true
        left join lateral (
          select created_at, paused_from, paused_until from users
          where user_id = a.user_id and (erased_at is null or created_at > erased_at)
          offset 0
        ) as known on true
        cross join lateral (
          select (select true from title_mark where user_id = a.user_id order by content_id limit (select 1)) is not null as has_marks
          offset 0
        ) as marked
        """;

    private readonly Database _database;
    private readonly BatchLane<NewestRequest, TitlePage>[] _newestLanes;
    private readonly BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>[] _titleLanes;

    public ResumeLoader(Database database, IOptions<StorageOptions> options, StorageInstruments instruments, TimeProvider time)
    {
        _database = database;
        var limits = options.Value;
        _newestLanes = [.. Enumerable.Range(0, limits.LoadLanes).Select(_ => new BatchLane<NewestRequest, TitlePage>(
            instruments.LoadUsers, limits.LoadQueue, limits.LoadBatch, limits.QueueTime, time, LoadNewestAsync))];
        _titleLanes = [.. Enumerable.Range(0, limits.LoadLanes).Select(_ => new BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>(
            instruments.LoadTitles, limits.LoadQueue, limits.LoadBatch, limits.QueueTime, time, LoadTitlesAsync))];
        instruments.LoadUsers.ShowDepth(() => _newestLanes.Sum(lane => lane.Depth));
        instruments.LoadTitles.ShowDepth(() => _titleLanes.Sum(lane => lane.Depth));
    }

    /// <summary>See <see cref="IResumeStore.LoadNewestAsync"/>.</summary>
    public Task<TitlePage> LoadNewestAsync(UserId user, TitleCursor? before) =>
        Lane(_newestLanes, user).EnqueueAsync(new NewestRequest(user, before));

    /// <summary>See <see cref="IResumeStore.LoadTitlesAsync"/>.</summary>
    public Task<ImmutableArray<TitleProgress>> LoadTitlesAsync(UserId user, ImmutableArray<ContentId> titles) =>
        Lane(_titleLanes, user).EnqueueAsync(new TitlesRequest(user, titles));

    /// <summary>Answers what waits, and takes nothing more.</summary>
    public Task StopAsync(CancellationToken deadline) => Task.WhenAll(
        [.. _newestLanes.Select(lane => lane.StopAsync(deadline)), .. _titleLanes.Select(lane => lane.StopAsync(deadline))]);

    private static TLane Lane<TLane>(TLane[] lanes, UserId user) => lanes[(uint)user.GetHashCode() % (uint)lanes.Length];

    private async Task LoadNewestAsync(IReadOnlyList<BatchLane<NewestRequest, TitlePage>.Waiter> batch, CancellationToken cancellationToken)
    {
        var pages = await _database.RunAsync((connection, token) => ReadNewestAsync(connection, batch, token), cancellationToken);
        for (var index = 0; index < batch.Count; index++)
        {
            batch[index].Complete(pages[index]);
        }
    }

    private async Task<TitlePage[]> ReadNewestAsync(
        NpgsqlConnection connection, IReadOnlyList<BatchLane<NewestRequest, TitlePage>.Waiter> batch, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateBatch(connection);
        var newest = new NpgsqlBatchCommand(_newestSql);
        newest.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(waiter => waiter.Request.User.Value)] });
        newest.Parameters.Add(new NpgsqlParameter<DateOnly[]> { TypedValue = [.. batch.Select(waiter => waiter.Request.BeforeDay)] });
        newest.Parameters.Add(new NpgsqlParameter<DateTime[]>
        {
            TypedValue = [.. batch.Select(waiter => waiter.Request.BeforeAt)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        newest.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(waiter => waiter.Request.BeforeId)] });
        var users = new NpgsqlBatchCommand(UserSql);
        var waking = Enumerable.Range(0, batch.Count).Where(index => batch[index].Request.Before is null).ToArray();
        users.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. waking.Select(index => batch[index].Request.User.Value)] });
        command.BatchCommands.Add(newest);
        command.BatchCommands.Add(users);
        await command.PrepareAsync(cancellationToken);

        var oldestDays = new DateOnly?[batch.Count];
        var ends = new TitleCursor[batch.Count];
        var titles = new TitlesByNumber(batch.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var index = reader.GetInt32(0) - 1;
            oldestDays[index] = reader.IsDBNull(1) ? null : reader.GetFieldValue<DateOnly>(1);
            if (!reader.IsDBNull(3))
            {
                titles.Add(index, reader, firstColumn: 3);
                if (titles.CountOf(index) == TitlePage.Size)
                {
                    // By the row, not by the title: a place that its marks say is forgotten may have come late from a lost silo.
                    ends[index] = new TitleCursor(reader.GetFieldValue<DateTimeOffset>(2), new ContentId(reader.GetGuid(3)));
                }
            }
        }

        var pages = oldestDays.Select((day, index) => ToPage(titles.Of(index), ends[index], day)).ToArray();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var index = waking[reader.GetInt32(0)];
            pages[index] = pages[index] with { User = ReadUser(reader) };
        }

        return pages;
    }

    private static UserState ReadUser(NpgsqlDataReader row) => new()
    {
        CreatedAt = row.GetTime(1),
        PausedFrom = row.GetTime(2),
        PausedUntil = row.GetTime(3),
        ErasedAt = row.GetTime(4),
        HasMarks = row.GetBoolean(5),
    };

    // A title more than a page holds tells that more exist; failing that, a day at which the reading stopped.
    private static TitlePage ToPage(ImmutableArray<TitleProgress> newestFirst, TitleCursor end, DateOnly? oldestDay) =>
        newestFirst.Length > TitlePage.Size
            ? new TitlePage(newestFirst[..TitlePage.Size], end)
            : new TitlePage(newestFirst, oldestDay is { } day ? new TitleCursor(StartOf(day), default) : null);

    private static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    private async Task LoadTitlesAsync(
        IReadOnlyList<BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>.Waiter> batch, CancellationToken cancellationToken)
    {
        foreach (var statement in Split(batch))
        {
            var titles = await _database.RunAsync((connection, token) => ReadTitlesAsync(connection, statement, token), cancellationToken);
            for (var index = 0; index < statement.Count; index++)
            {
                statement[index].Complete(titles.Of(index));
            }
        }
    }

    // A request names one title or a whole watchlist: so many are asked for in a statement that it ends well within its time.
    private static IEnumerable<ArraySegment<BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>.Waiter>> Split(
        IReadOnlyList<BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>.Waiter> batch)
    {
        var all = batch.ToArray();
        var (first, titles) = (0, 0);
        for (var index = 0; index < all.Length; index++)
        {
            if (titles > 0 && titles + all[index].Request.Titles.Length > TitlesInStatement)
            {
                yield return new(all, first, index - first);
                (first, titles) = (index, 0);
            }

            titles += all[index].Request.Titles.Length;
        }

        yield return new(all, first, all.Length - first);
    }

    private async Task<TitlesByNumber> ReadTitlesAsync(
        NpgsqlConnection connection,
        IReadOnlyList<BatchLane<TitlesRequest, ImmutableArray<TitleProgress>>.Waiter> batch,
        CancellationToken cancellationToken)
    {
        var asked = batch.SelectMany((waiter, index) => waiter.Request.Titles.Select(id => (index, waiter.Request.User, id))).ToArray();
        await using var command = _database.CreateCommand(connection, TitlesSql);
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. asked.Select(title => title.index)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. asked.Select(title => title.User.Value)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. asked.Select(title => title.id.Value)] });
        await command.PrepareAsync(cancellationToken);

        var titles = new TitlesByNumber(batch.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            titles.Add(reader.GetInt32(0), reader, firstColumn: 1);
        }

        return titles;
    }

    /// <summary>Gathers rows, each title's in one run, into titles for each of the callers.</summary>
    private sealed class TitlesByNumber(int callers)
    {
        private readonly List<TitleProgress>?[] _titles = new List<TitleProgress>?[callers];
        private readonly HashSet<string> _devices = [];

        public void Add(int caller, NpgsqlDataReader row, int firstColumn) =>
            (_titles[caller] ??= []).AddTitleRow(row, firstColumn, _devices);

        public int CountOf(int caller) => _titles[caller]?.Count ?? 0;

        public ImmutableArray<TitleProgress> Of(int caller) => _titles[caller]?.ToImmutableArray() ?? [];
    }

    private sealed record NewestRequest(UserId User, TitleCursor? Before)
    {
        // Npgsql takes the greatest values for infinity.
        public DateTime BeforeAt => Before?.WatchedAt.UtcDateTime ?? DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);

        public Guid BeforeId => Before is { ContentId: var id } && id != default ? id.Value : Guid.Empty;

        // A place between titles lies behind all of its moment: a midnight one is behind its whole day.
        public DateOnly BeforeDay => Before is { } before
            ? DateOnly.FromDateTime(BeforeId == Guid.Empty ? before.WatchedAt.UtcDateTime.AddTicks(-1) : before.WatchedAt.UtcDateTime)
            : DateOnly.MaxValue;
    }

    private sealed record TitlesRequest(UserId User, ImmutableArray<ContentId> Titles);
}
