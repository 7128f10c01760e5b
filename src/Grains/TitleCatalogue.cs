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

    // How long an answer stands that was given because the grain could not be reached.
    private static readonly TimeSpan _makeshift = TimeSpan.FromSeconds(5);

    // What the titles' grains can read in the time that somebody waits for it. Whoever comes on top would wait in vain, and a call that
    // fails costs more than one that is answered.
    internal const int MaxLoading = 4_000;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger<TitleCatalogue> _logger;
    private readonly TimeSpan _staleness;
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
        _patience = options.Value.Patience;
        _maxInGeneration = options.Value.MaxTitles / 2;
    }

    /// <summary>How many titles are remembered, those counted twice that are in both generations.</summary>
    internal int Count => _young.Count + _old.Count;

    /// <summary>
    /// What is remembered of a title. One that is asked for in the second half of its time is looked up anew meanwhile, so that nobody waits
    /// for a title that is being watched.
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

        if (age >= _staleness / 2 && entry.TryBeginRenewal())
        {
            // What goes wrong with it is told to whoever asks when the time is up.
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
    internal void Remember(ContentId id, Title? title) => Keep(id, new Entry(title, _time.GetTimestamp(), _staleness));

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
            var entry = await ReadAsync(id);
            Keep(id, entry);
            return entry.Title;
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
            return new Entry(title, askedAt, _staleness);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or OrleansException)
        {
            // Postgres or a silo is away. What was known is better than nothing, and a row without it better than no row.
            NoteAway(exception);
            return new Entry(Find(id)?.Title, _time.GetTimestamp(), _makeshift);
        }
    }

    private void Keep(ContentId id, Entry entry)
    {
        lock (_lock)
        {
            if (_young.ContainsKey(id))
            {
                _young[id] = entry;
                return;
            }

            if (_youngCount >= _maxInGeneration)
            {
                // In this order: a reader who finds the young one empty finds the old one full.
                _old = _young;
                _young = new();
                _youngCount = 0;
            }

            _young[id] = entry;
            _youngCount++;
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
    /// <param name="Title">Null: the catalogue knows nothing of it.</param>
    /// <param name="ReadAt">A timestamp of the clock.</param>
    /// <param name="KeptFor">How long from then it stands.</param>
    private sealed record Entry(Title? Title, long ReadAt, TimeSpan KeptFor)
    {
        private int _isBeingRenewed;

        /// <summary>True for the first one who asks.</summary>
        public bool TryBeginRenewal() => Volatile.Read(ref _isBeingRenewed) == 0 && Interlocked.Exchange(ref _isBeingRenewed, 1) == 0;
    }
}
