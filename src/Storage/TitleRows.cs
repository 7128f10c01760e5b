using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using Npgsql;
using NpgsqlTypes;

namespace ContinueWatching.Storage;

/// <summary>How titles stand in results and parameters.</summary>
internal static class TitleRows
{
    /// <summary>
    /// Adds a row to titles whose rows come each title's in one run: <c>content_id, device_id, position_ms, duration_ms, watched_at,
    /// completed_at, play_count, hidden_at, forgotten_at, changed_at</c>, without a place where device_id is null, without marks where
    /// changed_at is.
    /// </summary>
    /// <param name="titles">Where it goes.</param>
    /// <param name="row">The row.</param>
    /// <param name="firstColumn">The column of content_id.</param>
    /// <param name="devices">The ids of devices that were read before: a user has few, and each title names one of them.</param>
    public static void AddTitleRow(this List<TitleProgress> titles, NpgsqlDataReader row, int firstColumn, HashSet<string> devices)
    {
        var contentId = new ContentId(row.GetGuid(firstColumn));
        if (titles.Count == 0 || titles[^1].ContentId != contentId)
        {
            var unwatched = TitleProgress.Unwatched(contentId);
            titles.Add(row.IsDBNull(firstColumn + 9) ? unwatched : unwatched.With(ReadMarks(row, firstColumn + 5)));
        }

        if (!row.IsDBNull(firstColumn + 1))
        {
            var device = row.GetString(firstColumn + 1);
            if (!devices.Add(device) && devices.TryGetValue(device, out var known))
            {
                device = known;
            }

            titles[^1] = titles[^1].Merge(new Register(
                DeviceId.Parse(device),
                row.GetFieldValue<DateTimeOffset>(firstColumn + 4),
                TimeSpan.FromMilliseconds(row.GetInt32(firstColumn + 2)),
                row.IsDBNull(firstColumn + 3) ? null : TimeSpan.FromMilliseconds(row.GetInt32(firstColumn + 3))));
        }
    }

    /// <summary>Adds marks as arrays: <c>completed_at, play_count, hidden_at, forgotten_at, changed_at</c>.</summary>
    public static void AddMarks(this NpgsqlParameterCollection parameters, IEnumerable<TitleMarks> marks)
    {
        var all = marks.ToArray();
        parameters.Add(Times(all, mark => mark.CompletedAt));
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = Array.ConvertAll(all, mark => mark.PlayCount) });
        parameters.Add(Times(all, mark => mark.HiddenAt));
        parameters.Add(Times(all, mark => mark.ForgottenAt));
        parameters.Add(Times(all, mark => mark.ChangedAt));
    }

    /// <summary>The moment in a column, or null.</summary>
    public static DateTimeOffset? GetTime(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private static TitleMarks ReadMarks(NpgsqlDataReader row, int firstColumn) => new()
    {
        CompletedAt = row.GetTime(firstColumn),
        PlayCount = row.GetInt32(firstColumn + 1),
        HiddenAt = row.GetTime(firstColumn + 2),
        ForgottenAt = row.GetTime(firstColumn + 3),
        ChangedAt = row.GetFieldValue<DateTimeOffset>(firstColumn + 4),
    };

    private static NpgsqlParameter<DateTimeOffset?[]> Times(TitleMarks[] marks, Converter<TitleMarks, DateTimeOffset?> time) =>
        new()
        {
            TypedValue = Array.ConvertAll(marks, time),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        };
}
