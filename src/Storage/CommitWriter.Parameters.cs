using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>What a batch of reports is as parameters: columns as arrays, in the order of the statements' <c>$n</c>.</summary>
internal sealed partial class CommitWriter
{
    private static void AddStored(NpgsqlParameterCollection parameters, ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows)
    {
        var users = new string[rows.Length];
        var contents = new Guid[rows.Length];
        var devices = new string[rows.Length];
        var positions = new int[rows.Length];
        var durations = new int?[rows.Length];
        var times = new DateTimeOffset[rows.Length];
        for (var index = 0; index < rows.Length; index++)
        {
            var write = rows[index].Request;
            users[index] = write.User.Value;
            contents[index] = write.ContentId.Value;
            devices[index] = write.Register.DeviceId.Value;
            positions[index] = Milliseconds.Of(write.Register.Position);
            durations[index] = Milliseconds.Of(write.Register.Duration);
            times[index] = write.Register.WatchedAt;
        }

        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = users });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = contents });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = devices });
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = positions });
        parameters.Add(new NpgsqlParameter<int?[]> { TypedValue = durations });
        parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = times });
    }

    private static void AddEvicted(NpgsqlParameterCollection parameters, ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows)
    {
        var evictions = new List<(RegisterWrite Write, Register Evicted)>();
        foreach (var row in rows)
        {
            if (row.Request.Evicted is { } evicted)
            {
                evictions.Add((row.Request, evicted));
            }
        }

        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. evictions.Select(e => e.Write.User.Value)] });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. evictions.Select(e => e.Write.ContentId.Value)] });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. evictions.Select(e => e.Evicted.DeviceId.Value)] });
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. evictions.Select(e => Milliseconds.Of(e.Evicted.Position))] });
        parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. evictions.Select(e => e.Evicted.WatchedAt)] });
    }

    private static void AddMarks(NpgsqlParameterCollection parameters, ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows)
    {
        var marked = new List<(RegisterWrite Write, TitleMarks Marks, int Number)>();
        for (var index = 0; index < rows.Length; index++)
        {
            if (rows[index].Request is { Marks: { } marks } write)
            {
                marked.Add((write, marks, index + 1));
            }
        }

        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. marked.Select(m => m.Write.User.Value)] });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. marked.Select(m => m.Write.ContentId.Value)] });
        parameters.AddMarks(marked.Select(m => m.Marks));
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. marked.Select(m => m.Number)] });
    }

    private static void AddUsers(NpgsqlParameterCollection parameters, ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows)
    {
        var users = new List<(UserId User, DateTimeOffset Since)>();
        foreach (var row in rows)
        {
            if (row.Request.UserSince is { } since)
            {
                users.Add((row.Request.User, since));
            }
        }

        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. users.Select(user => user.User.Value)] });
        parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. users.Select(user => user.Since)] });
    }
}
