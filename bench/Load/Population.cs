using System.Globalization;

namespace ContinueWatching.Bench.Load;

/// <summary>
/// Who watches what: users by number, each with their own stretch of one catalogue. The same in the tables that are seeded, in the
/// requests, and in the baselines.
/// </summary>
internal sealed class Population(int titles)
{
    /// <summary>Every title is an hour and a half long.</summary>
    public const int DurationSeconds = 5_400;

    /// <summary>A player reports every 10 s.</summary>
    public const int StepSeconds = 10;

    /// <summary>Screens of a user; each title is watched on one of them.</summary>
    public const int Devices = 3;

    private const string UserPrefix = "viewer-";
    private const int UserDigits = 7;

    // A catalogue as it is: far smaller than what viewers have begun together, so that a silo remembers it. A user may have begun all of it.
    private const int CatalogueSize = 10_000;
    private const int Stride = 31;
    private const int SeededPositions = 500;
    private static readonly TimeSpan _apart = TimeSpan.FromHours(3);

    /// <summary>How many titles each user has begun.</summary>
    public int Titles => titles;

    /// <summary>
    /// SQL that answers the rows of users <c>$1</c> to <c>$2</c>: user_id, content_id, device_id, position_ms, duration_ms, watched_at,
    /// each user's <c>$3</c> titles three hours apart.
    /// </summary>
    public static string SeedSql { get; } = string.Create(CultureInfo.InvariantCulture, $"""
        select '{UserPrefix}' || lpad(u::text, {UserDigits}, '0'),
          ('c0000000-0000-4000-8000-' || lpad(to_hex((u::bigint * {Stride} + i) % {CatalogueSize}), 12, '0'))::uuid,
          'screen-' || (i % {Devices}), (1 + (u + i) % {SeededPositions}) * {StepSeconds * 1000}, {DurationSeconds * 1000},
          date_trunc('hour', now()) - make_interval(hours => {_apart.Hours} * (i + 1))
        from generate_series($1::int, $2::int) u, generate_series(0, $3::int - 1) i
        """);

    /// <summary>A user by number.</summary>
    public static string UserId(int user) => UserPrefix + user.ToString($"D{UserDigits}", CultureInfo.InvariantCulture);

    /// <summary>The number of a user.</summary>
    public static int UserNumber(string userId) => int.Parse(userId.AsSpan(UserPrefix.Length), CultureInfo.InvariantCulture);

    /// <summary>A user's title by its place among theirs, 0 first.</summary>
    public static Guid ContentId(int user, int title) => Guid.Parse(ContentText(user, title));

    /// <summary>The same as it stands in a request.</summary>
    public static string ContentText(int user, int title) =>
        "c0000000-0000-4000-8000-" + ((((long)user * Stride) + title) % CatalogueSize).ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>On which screen a user watches a title.</summary>
    public static string DeviceId(int title) => $"screen-{(title % Devices).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>What a user has watched before anything is measured, newest first.</summary>
    public IEnumerable<SeededPlace> Places(string userId)
    {
        var user = UserNumber(userId);
        var now = TimeProvider.System.GetUtcNow();
        return Enumerable.Range(0, titles).Select(title => new SeededPlace(
            ContentId(user, title),
            DeviceId(title),
            (1 + ((user + title) % SeededPositions)) * StepSeconds * 1000,
            DurationSeconds * 1000,
            now - (_apart * (title + 1))));
    }
}

/// <summary>A place that a user has before anything is measured.</summary>
internal readonly record struct SeededPlace(Guid ContentId, string DeviceId, int PositionMs, int DurationMs, DateTimeOffset WatchedAt);
