using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Chaos;

/// <summary>A register: what Postgres has one row for.</summary>
internal readonly record struct RegisterKey(string User, Guid Title, string Device);

/// <summary>One report that left a screen, and whether it was acknowledged.</summary>
/// <param name="Key">Which register it is for.</param>
/// <param name="Register">
/// The place, and when it was watched, as the screen tells. A live report tells no time, it happens when it is received: here stands when it was sent.
/// </param>
/// <param name="IsLive">Whether it is such a one.</param>
internal sealed record SentReport(RegisterKey Key, Register Register, bool IsLive)
{
    /// <summary>When it was answered 200; null while it is not.</summary>
    public DateTimeOffset? AcknowledgedAt { get; set; }

    /// <summary>Whether a stored register is this report: the very place, at the very time, or at a time when a live one can have been received.</summary>
    public bool Is(Register stored) => stored.Position == Register.Position
        && (IsLive
            ? stored.WatchedAt >= Register.WatchedAt && stored.WatchedAt <= (AcknowledgedAt ?? DateTimeOffset.MaxValue)
            : stored.WatchedAt == Register.WatchedAt);
}

/// <summary>
/// What the screens sent, and what they were acknowledged. The order of two reports is that of <see cref="Register.IsNewerThan"/>; the screens
/// see to it that a later one of a title is also further on in it, so that a place alone tells which is the newer.
/// </summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RegisterKey, List<SentReport>> _sent = [];
    private readonly Dictionary<RegisterKey, Register> _acknowledged = [];
    private readonly Dictionary<(string User, Guid Title), List<SentReport>> _acknowledgedOfTitle = [];
    private readonly Dictionary<(string User, Guid Title), Register> _newest = [];

    /// <summary>How many reports were acknowledged.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a report before it leaves.</summary>
    public SentReport Send(RegisterKey key, DateTimeOffset at, TimeSpan position, bool isLive)
    {
        var report = new SentReport(key, new Register(DeviceId.Parse(key.Device), at, position, null), isLive);
        lock (_lock)
        {
            ListOf(_sent, key).Add(report);
        }

        return report;
    }

    /// <summary>Notes that it was answered 200.</summary>
    /// <param name="report">Which.</param>
    /// <param name="at">When.</param>
    /// <param name="isUnchanged">
    /// Whether the service found that it says nothing new, as it does of a paused player: where this device had sent a place as near as that
    /// before, it need not be stored. (A screen that was held up by a fault reports twice within milliseconds.)
    /// </param>
    public void Acknowledge(SentReport report, DateTimeOffset at, bool isUnchanged = false)
    {
        lock (_lock)
        {
            Count++;
            report.AcknowledgedAt = at;
            if (isUnchanged && HasSentNearby(report))
                return;
            var title = (report.Key.User, report.Key.Title);
            ListOf(_acknowledgedOfTitle, title).Add(report);
            if (!_newest.TryGetValue(title, out var furthest) || report.Register.Position > furthest.Position)
                _newest[title] = report.Register;
            if (!_acknowledged.TryGetValue(report.Key, out var newest) || report.Register.IsNewerThan(newest))
                _acknowledged[report.Key] = report.Register;
        }
    }

    /// <summary>The furthest place that is acknowledged in a title, over its devices; null when there is none.</summary>
    public Register? NewestOf(string user, Guid title)
    {
        lock (_lock)
        {
            return _newest.TryGetValue((user, title), out var newest) ? newest : null;
        }
    }

    /// <summary>Since when a place newer than this one is acknowledged.</summary>
    public DateTimeOffset SupersededAt(string user, Guid title, TimeSpan position)
    {
        lock (_lock)
        {
            return _acknowledgedOfTitle[(user, title)].Where(report => report.Register.Position > position).Min(report => report.AcknowledgedAt!.Value);
        }
    }

    /// <summary>What is acknowledged by now: the newest of each register.</summary>
    public IReadOnlyDictionary<RegisterKey, Register> Acknowledged()
    {
        lock (_lock)
        {
            return _acknowledged.ToDictionary();
        }
    }

    /// <summary>What was acknowledged and is neither stored nor superseded by a newer report of that device.</summary>
    /// <param name="acknowledged">From before <paramref name="stored"/> was read.</param>
    /// <param name="stored">What Postgres holds.</param>
    public static IReadOnlyList<string> FindLost(
        IReadOnlyDictionary<RegisterKey, Register> acknowledged, IReadOnlyDictionary<RegisterKey, Register> stored) =>
    [
        .. acknowledged.Where(report => !stored.TryGetValue(report.Key, out var found) || report.Value.IsNewerThan(found))
            .Select(report => $"{Tell(report.Key)}: {Tell(report.Value)} acknowledged, {(stored.TryGetValue(report.Key, out var found) ? Tell(found) : "nothing")} stored"),
    ];

    /// <summary>What is stored and was never sent: another place, or another time, than any screen told.</summary>
    public IReadOnlyList<string> FindForged(IReadOnlyDictionary<RegisterKey, Register> stored)
    {
        lock (_lock)
        {
            return
            [
                .. stored.Where(row => !_sent.TryGetValue(row.Key, out var reports) || !reports.Exists(report => report.Is(row.Value)))
                    .Select(row => $"{Tell(row.Key)}: {Tell(row.Value)} stored, and never sent"),
            ];
        }
    }

    private bool HasSentNearby(SentReport report) => _sent[report.Key].Exists(other =>
        other != report && (other.Register.Position - report.Register.Position).Duration() <= TitleProgress.UnchangedWithin);

    private static List<SentReport> ListOf<TKey>(Dictionary<TKey, List<SentReport>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = []);
        return list;
    }

    private static string Tell(RegisterKey key) => $"({key.User}, {key.Title}, {key.Device})";

    private static string Tell(Register register) => FormattableString.Invariant($"{register.Position.TotalSeconds:0.000} s at {register.WatchedAt:HH:mm:ss.fff}");
}
