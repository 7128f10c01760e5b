using System.Collections.Concurrent;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Grains;

/// <summary>
/// What this silo remembers of the catalogue, in front of the titles' grains: hits are answered at once and allocate nothing. It
/// never fails for a grain that can't be reached: it answers what it knew, or that it does not know.
/// </summary>
/// <remarks>
/// No MemoryCache: it boxes every key that it is asked for, and throws away what has expired, which is what is left while Postgres
/// is away.
/// </remarks>
public sealed partial class TitleCatalogue
{
    /// <summary>The name of the grain storage in which titles are.</summary>
    public const string Storage = "catalogue";

    // How long an answer stands that was given because the grain could not be reached, and how soon what stands is looked up again.
    private static readonly TimeSpan _makeshift = TimeSpan.FromSeconds(5);

    // What the titles' grains can read in the time that somebody waits for it. Whoever comes on top would wait in vain, and a call that
    // fails costs more than one that is answered.
    internal const int MaxLoading = 4_000;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger<TitleCatalogue> _logger;
    private readonly TimeSpan _staleness;
    private readonly TimeSpan _renewedFrom;
    private readonly TimeSpan _patience;
    private readonly int _maxInGeneration;

    // Two generations: when the young one is full it becomes the old one, and the old one goes. Read without the lock.
    private readonly Lock _lock = new();
    private readonly Dictionary<ContentId, Task<Title?>> _loading = [];
    private volatile ConcurrentDictionary<ContentId, Entry> _young = new();
    private volatile ConcurrentDictionary<ContentId, Entry> _old = new();
    private int _youngCount;
    private int _isAway;

    /// <summary>Remembers nothing yet.</summary>
    public TitleCatalogue(IGrainFactory grains, IOptions<CatalogueOptions> options, TimeProvider time, ILogger<TitleCatalogue> logger)
    {
        _grains = grains;
        _time = time;
        _logger = logger;
        _staleness = options.Value.Staleness;
        _renewedFrom = _staleness / 2;
        _patience = options.Value.Patience;
        _maxInGeneration = options.Value.MaxTitles / 2;
    }

    /// <summary>How many titles are remembered, those counted twice that are in both generations.</summary>
    internal int Count => _young.Count + _old.Count;

    /// <summary>Whether any title's grain is being asked.</summary>
    internal bool IsLoading
    {
        get
        {
            lock (_lock)
            {
                return _loading.Count > 0;
            }
        }
    }

    /// <summary>
    /// What is remembered of a title. One that is asked for in the second half of its time is looked up anew meanwhile, so that nobody waits
    /// for a title that is being watched. Should that fail, it stands until its time is up.
    /// </summary>
    /// <param name="id">The title.</param>
    /// <param name="title">What the catalogue knows of it; null when it knows nothing.</param>
    /// <returns>Whether anything is remembered, be it that the title is unknown.</returns>
    public bool TryGet(ContentId id, out Title? title)
    {
        var entry = Find(id);
        title = entry?.Title;
        if (entry is null)
        {
            return false;
        }

        var age = _time.GetElapsedTime(entry.ReadAt);
        if (age >= entry.KeptFor)
        {
            return false;
        }

        if (entry.TryBeginRenewal(age))
        {
            // What goes wrong with it, a fault of ours as well, is told to whoever asks when the time is up.
            _ = Load(id, isRenewal: true);
        }

        return true;
    }

    /// <summary>What the catalogue knows of a title; null when it knows nothing, or can't be asked.</summary>
    /// <param name="id">The title.</param>
    /// <param name="cancellationToken">Ends this caller's wait; others wait for the same answer.</param>
    public ValueTask<Title?> GetAsync(ContentId id, CancellationToken cancellationToken) =>
        TryGet(id, out var title) ? new(title) : new(Load(id).WaitAsync(cancellationToken));

    /// <summary>
    /// Asks for those of <paramref name="ids"/> that are not remembered, all at once. When it returns, <see cref="TryGet"/> knows
    /// them; a title that it does not know then, because very many are asked for, is to be taken for unknown.
    /// </summary>
    /// <param name="ids">The titles.</param>
    /// <param name="cancellationToken">Ends this caller's wait; others wait for the same answers.</param>
    public ValueTask LoadAsync(IEnumerable<ContentId> ids, CancellationToken cancellationToken)
    {
        List<Task>? loads = null;
        foreach (var id in ids)
        {
            if (!TryGet(id, out _))
            {
                (loads ??= []).Add(Load(id));
            }
        }

        return loads is null ? default : new(Task.WhenAll(loads).WaitAsync(cancellationToken));
    }

    /// <summary>Takes what was just committed, so that the silo which wrote it need not ask.</summary>
    internal void Remember(ContentId id, Title? title) => Keep(id, NewEntry(title, _time.GetTimestamp()));

    private Entry? Find(ContentId id) => _young.TryGetValue(id, out var entry) || _old.TryGetValue(id, out entry) ? entry : null;

    private Task<Title?> Load(ContentId id, bool isRenewal = false)
    {
        lock (_lock)
        {
            if (_loading.TryGetValue(id, out var load))
            {
                return load;
            }

            if (!isRenewal && TryGet(id, out var title))
            {
                return Task.FromResult(title);
            }

            if (_loading.Count >= MaxLoading)
            {
                return Task.FromResult(Find(id)?.Title);
            }

            // Not on the scheduler of the grain that happens to ask first, nor with its context: the answer is everybody's.
            using (ExecutionContext.SuppressFlow())
            {
                load = Task.Run(() => AskAsync(id));
            }

            _loading.Add(id, load);
            return load;
        }
    }

    private async Task<Title?> AskAsync(ContentId id)
    {
        try
        {
            return Keep(id, await ReadAsync(id)).Title;
        }
        finally
        {
            lock (_lock)
            {
                _loading.Remove(id);
            }
        }
    }

    private async Task<Entry> ReadAsync(ContentId id)
    {
        // From before the call: a change that overtakes its answer is not seen later for it.
        var askedAt = _time.GetTimestamp();
        try
        {
            var title = await _grains.GetTitle(id).GetAsync().WaitAsync(_patience, _time);
            NoteBack();
            return NewEntry(title, askedAt);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or OrleansException)
        {
            // Postgres or a silo is away. What was known is better than nothing, and a row without it better than no row.
            NoteAway(exception);
            var now = _time.GetTimestamp();
            var known = Find(id);
            return known is not null && _time.GetElapsedTime(known.ReadAt, now) < known.KeptFor
                ? known
                : new Entry(known?.Title, now, _makeshift, _makeshift);
        }
    }

    private Entry NewEntry(Title? title, long readAt) => new(title, readAt, _staleness, _renewedFrom);

    // What then stands: of two that were read, the later.
    private Entry Keep(ContentId id, Entry entry)
    {
        lock (_lock)
        {
            if (Find(id) is { } other && other.ReadAt > entry.ReadAt)
            {
                return other;
            }

            if (_young.ContainsKey(id))
            {
                return _young[id] = entry;
            }

            if (_youngCount >= _maxInGeneration)
            {
                // In this order: a reader who finds the young one empty finds the old one full.
                _old = _young;
                _young = new();
                _youngCount = 0;
            }

            _youngCount++;
            return _young[id] = entry;
        }
    }

    private void NoteAway(Exception exception)
    {
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            LogAway(_logger, exception.GetType().Name, exception.Message);
        }
    }

    private void NoteBack()
    {
        if (Volatile.Read(ref _isAway) == 1 && Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            LogBack(_logger);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Titles cannot be looked up; rows do without what is not remembered: {Exception}: {Reason}")]
    private static partial void LogAway(ILogger logger, string exception, string reason);

    [LoggerMessage(2, LogLevel.Information, "Titles can be looked up again")]
    private static partial void LogBack(ILogger logger);

    /// <summary>What is remembered of one title.</summary>
    /// <param name="title">Null: the catalogue knows nothing of it.</param>
    /// <param name="readAt">A timestamp of the clock.</param>
    /// <param name="keptFor">How long from then it stands.</param>
    /// <param name="renewedFrom">From which age on it is looked up anew when it is asked for.</param>
    private sealed class Entry(Title? title, long readAt, TimeSpan keptFor, TimeSpan renewedFrom)
    {
        private long _renewedFromTicks = renewedFrom.Ticks;

        public Title? Title => title;

        public long ReadAt => readAt;

        public TimeSpan KeptFor => keptFor;

        /// <summary>True for one of those who ask, and again for one a while later: it may have come to nothing.</summary>
        public bool TryBeginRenewal(TimeSpan age)
        {
            var from = Volatile.Read(ref _renewedFromTicks);
            return age.Ticks >= from && Interlocked.CompareExchange(ref _renewedFromTicks, age.Ticks + _makeshift.Ticks, from) == from;
        }
    }
}
