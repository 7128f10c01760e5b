using ContinueWatching.Contracts;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage;

/// <summary>
/// Makes statements out of the writes that have queued. In each, no row is touched twice (Postgres would not say in which order), and
/// the keys are sorted, so that no two writers wait for each other crosswise.
/// </summary>
internal static class CommitBatch
{
    /// <summary>
    /// Splits <paramref name="writes"/> into statements: nearly always one. A write whose register, evicted register or
    /// marks an earlier one touches follows in the next.
    /// </summary>
    public static IEnumerable<TWrite[]> Split<TWrite>(IEnumerable<TWrite> writes, Func<TWrite, RegisterWrite> of)
    {
        var rest = writes.ToList();
        var touched = new HashSet<RegisterKey>(rest.Count);
        var marked = new HashSet<(UserId, ContentId)>();
        while (rest.Count > 0)
        {
            var later = new List<TWrite>();
            var statement = new List<TWrite>(rest.Count);
            touched.Clear();
            marked.Clear();
            foreach (var write in rest)
            {
                (TouchesNew(of(write), touched, marked) ? statement : later).Add(write);
            }

            statement.Sort((left, right) => RegisterKey.Of(of(left)).CompareTo(RegisterKey.Of(of(right))));
            yield return [.. statement];
            rest = later;
        }
    }

    private static bool TouchesNew(RegisterWrite write, HashSet<RegisterKey> touched, HashSet<(UserId, ContentId)> marked)
    {
        // All is noted in any case: what shares a row with a write that has to follow, follows behind it.
        var key = RegisterKey.Of(write);
        var isNew = touched.Add(key);
        isNew &= write.Marks is null || marked.Add((write.User, write.ContentId));
        return (write.Evicted is not { } evicted || touched.Add(key with { DeviceId = evicted.DeviceId })) && isNew;
    }
}

/// <summary>The primary key of a register, in the one order of all writers.</summary>
internal readonly record struct RegisterKey(UserId User, ContentId ContentId, DeviceId DeviceId) : IComparable<RegisterKey>
{
    public static RegisterKey Of(RegisterWrite write) => new(write.User, write.ContentId, write.Register.DeviceId);

    public int CompareTo(RegisterKey other)
    {
        var order = string.CompareOrdinal(User.Value, other.User.Value);
        order = order != 0 ? order : ContentId.CompareTo(other.ContentId);
        return order != 0 ? order : string.CompareOrdinal(DeviceId.Value, other.DeviceId.Value);
    }
}
