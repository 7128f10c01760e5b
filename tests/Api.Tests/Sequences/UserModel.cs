namespace ContinueWatching.Api.Tests.Sequences;

/// <summary>What the catalogue of these tests says of a title. Times are milliseconds.</summary>
internal sealed record ModelTitle(long? Duration, long? CreditsStart = null, string? Series = null, int? Next = null);

/// <summary>What a report says, by the clock of the service.</summary>
internal sealed record ModelReport(int Title, string Device, long At, long Position, long? Duration);

/// <summary>A place: what one device has left.</summary>
internal sealed record ModelPlace(string Device, long At, long Position, long? Duration);

/// <summary>
/// One user, naively: the rules as they are written, over lists, with nothing cached, paged, batched or merged. Moments and places are
/// milliseconds.
/// </summary>
internal sealed class UserModel(IReadOnlyDictionary<int, ModelTitle> catalogue, Func<int, string> idOf)
{
    private readonly Dictionary<int, TitleModel> _titles = [];
    private readonly List<(int Title, long At)> _watchlist = [];
    private long? _erasedAt;

    public long? PausedFrom { get; private set; }

    public long? PausedUntil { get; private set; }

    public IEnumerable<int> Watchlist => _watchlist.OrderByDescending(entry => entry.At).Select(entry => entry.Title);

    public TitleModel Of(int title) => _titles.TryGetValue(title, out var known) ? known : _titles[title] = new TitleModel();

    public IEnumerable<int> History => NewestFirst();

    /// <summary>What only memory knows is gone.</summary>
    public void Sleep()
    {
        foreach (var title in _titles.Values)
        {
            title.LastSeen.Clear();
            title.Ghosts.Clear();
        }
    }

    public string Report(ModelReport report)
    {
        var title = Of(report.Title);
        if (report.At >= PausedFrom && !(report.At >= PausedUntil))
            return "paused";
        if (report.Position < 1000)
            return "ignored";
        if (report.At <= _erasedAt || report.At <= title.ForgottenAt)
            return "stale";

        var own = title.Places.SingleOrDefault(place => place.Device == report.Device);
        if (own is not null)
        {
            var isNewer = report.At > own.At || (report.At == own.At && report.Position > own.Position);
            if (!isNewer || (title.LastSeen.TryGetValue(report.Device, out var seen) && report.At <= seen))
                return "stale";
            if (Math.Abs(report.Position - own.Position) <= 250)
            {
                if (report.At > own.At)
                    title.LastSeen[report.Device] = report.At;
                return "unchanged";
            }
        }
        else if (title.Ghosts.TryGetValue(report.Device, out var ghost) && Math.Abs(report.Position - ghost) <= 250)
        {
            return "unchanged";
        }

        var place = new ModelPlace(report.Device, report.At, report.Position, report.Duration ?? own?.Duration);
        var kept = title.Places.Where(other => other.Device != report.Device).Append(place)
            .OrderByDescending(other => other.At).ThenByDescending(other => other.Position)
            .ThenByDescending(other => other.Device, StringComparer.Ordinal).Take(8).ToList();
        if (!kept.Contains(place))
            return "superseded";

        var duration = Catalogued(report.Title)?.Duration ?? place.Duration ?? Duration(title);
        if (IsFinished(report.Title, report.Position, duration))
            title.Complete(report.At, duration ?? Catalogued(report.Title)?.CreditsStart);
        title.LastSeen.Remove(report.Device);
        title.Places = kept;
        return kept[0] == place ? "applied" : "superseded";
    }

    public void Hide(int title, long now)
    {
        var entry = Row().Take(10).Where(entry => entry.Title == title).Select(entry => (long?)Of(entry.Head).Places[0].At).SingleOrDefault();
        var places = Of(title).Places;
        if (places.Count > 0 || entry is not null)
            Of(title).HiddenAt = new[] { now, places.Count > 0 ? places[0].At : now, entry ?? now }.Max();
    }

    public void Restore(int title) => Of(title).HiddenAt = null;

    public void MarkWatched(int title, long now)
    {
        var known = Of(title);
        if (IsWatched(title) && known.CompletedAt is not null)
            return;
        var at = known.Places.Count > 0 ? Math.Max(now, known.Places[0].At) : now;
        var length = Catalogued(title)?.Duration ?? Duration(known);
        known.PlayCount += known.IsSameViewing(at, length) ? 0 : 1;
        known.CompletedAt = at;
    }

    public void Unwatch(int title) => (Of(title).CompletedAt, Of(title).PlayCount) = (null, 0);

    public void Forget(int title, long now)
    {
        var known = Of(title);
        if (known.Places.Count == 0 && known.CompletedAt is null && known.HiddenAt is null && known.ForgottenAt is null)
            return;
        var forgotten = new TitleModel { ForgottenAt = known.Places.Count > 0 ? Math.Max(now, known.Places[0].At) : now };
        foreach (var place in known.Places)
            forgotten.Ghosts[place.Device] = place.Position;
        foreach (var (device, position) in known.Ghosts.Where(_ => forgotten.Ghosts.Count < 8))
            forgotten.Ghosts.TryAdd(device, position);
        _titles[title] = forgotten;
    }

    public void Pause(bool paused, long now)
    {
        var isPaused = PausedFrom is not null && PausedUntil is null;
        if (paused && !isPaused)
            (PausedFrom, PausedUntil) = (now, null);
        else if (!paused && isPaused)
            PausedUntil = now;
    }

    public void AddToWatchlist(int title, long now)
    {
        if (_watchlist.All(entry => entry.Title != title))
            _watchlist.Add((title, now));
    }

    public void RemoveFromWatchlist(int title) => _watchlist.RemoveAll(entry => entry.Title == title);

    public void Erase(long now)
    {
        _erasedAt = NewestFirst().Select(title => Of(title).Places[0].At).Append(now).Max();
        _titles.Clear();
        _watchlist.Clear();
        (PausedFrom, PausedUntil) = (null, null);
    }

    /// <summary>All entries of a row without an end: the title, the one that it stands for, and where to go on.</summary>
    public IEnumerable<(int Title, int Head, long Position)> Row()
    {
        var series = new HashSet<string>();
        var shown = new HashSet<int>();
        foreach (var head in NewestFirst().ToList())
        {
            if (Catalogued(head)?.Series is { } name && !series.Add(name))
                continue;
            if (Representative(head) is { } entry && shown.Add(entry.Title))
                yield return (entry.Title, head, entry.Position);
        }
    }

    public bool IsWatched(int title)
    {
        var known = Of(title);
        return known.Places.Count == 0
            ? known.CompletedAt is not null
            : known.CompletedAt >= known.Places[0].At || IsFinished(title, known.Places[0].Position, Catalogued(title)?.Duration ?? Duration(known));
    }

    public long? DurationOf(int title) => Catalogued(title)?.Duration ?? Duration(Of(title));

    private (int Title, long Position)? Representative(int head)
    {
        var at = Of(head).Places[0].At;
        if (Of(head).HiddenAt >= at)
            return null;
        if (!IsWatched(head))
            return (head, Of(head).Places[0].Position);
        var next = Catalogued(head)?.Next;
        for (var steps = 0; steps < 50 && next is { } title && Catalogued(title) is { } catalogued; steps++)
        {
            if (Of(title).HiddenAt >= at)
                return null;
            var isThrough = IsWatched(title);
            if (!isThrough || Of(title).PlayCount < Of(head).PlayCount)
                return (title, isThrough || Of(title).Places.Count == 0 ? 0 : Of(title).Places[0].Position);
            next = catalogued.Next;
        }

        return null;
    }

    private IEnumerable<int> NewestFirst() => _titles.Where(title => title.Value.Places.Count > 0)
        .OrderByDescending(title => title.Value.Places[0].At).ThenByDescending(title => idOf(title.Key), StringComparer.Ordinal)
        .Select(title => title.Key);

    private ModelTitle? Catalogued(int title) => catalogue.GetValueOrDefault(title);

    private static long? Duration(TitleModel title) => title.Places.Select(place => place.Duration).FirstOrDefault(known => known is not null);

    private bool IsFinished(int title, long position, long? duration) => Catalogued(title)?.CreditsStart is { } credits
        ? position >= credits
        : duration is { } length && length - position <= Math.Min(length / 20, 300_000);
}

/// <summary>One title of the model.</summary>
internal sealed class TitleModel
{
    public List<ModelPlace> Places { get; set; } = [];

    public Dictionary<string, long> LastSeen { get; } = [];

    public Dictionary<string, long> Ghosts { get; } = [];

    public long? CompletedAt { get; set; }

    public int PlayCount { get; set; }

    public long? HiddenAt { get; set; }

    public long? ForgottenAt { get; set; }

    public void Complete(long at, long? length)
    {
        if (at <= CompletedAt || IsSameViewing(at, length))
            return;
        CompletedAt = at;
        PlayCount++;
    }

    public bool IsSameViewing(long at, long? length) => CompletedAt is { } last && length is { } known && (at - last) * 2 < known;
}
