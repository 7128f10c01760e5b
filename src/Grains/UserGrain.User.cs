using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>The user as such: history, watchlist, pause, export and erasure.</summary>
internal sealed partial class UserGrain
{
    // A silo that does not know that the cluster has given it up finds out within this time.
    private static readonly TimeSpan _eraseAgainAfter = TimeSpan.FromSeconds(60);

    private IGrainTimer? _eraseAgain;

    public async Task<HistoryPage> GetHistoryAsync(int limit, HistoryCursor? after, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (limit is < 1 or > Limits.HistoryPage)
        {
            throw new ArgumentException($"A page of the history has 1 to {Limits.HistoryPage} titles.", nameof(limit));
        }

        await WakeAsync(cancellationToken);
        var titles = new List<TitleProgress>(limit + TitlePage.Size);
        var end = after is { } cursor ? new TitleCursor(cursor.WatchedAt, cursor.ContentId) : (TitleCursor?)null;
        do
        {
            var page = await _services.Store.LoadNewestAsync(_user, end, cancellationToken);
            titles.AddRange(page.Titles.Select(Admit).Where(title => !title.IsEmpty).Order(Row.NewestFirst));
            end = page.End;
        }
        while (titles.Count < limit && end is not null);

        if (titles.Count > limit)
        {
            titles.RemoveRange(limit, titles.Count - limit);
            end = TitleCursor.Of(titles[^1]);
        }

        return new HistoryPage(
            await ToStatusAsync(titles, cancellationToken), end is { } last ? new HistoryCursor(last.WatchedAt, last.ContentId) : null);
    }

    public async Task<ImmutableArray<WatchlistEntry>> GetWatchlistAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        var list = (await _services.Users.LoadWatchlistAsync(_user, cancellationToken)).RemoveAll(entry => entry.AddedAt <= _state.ErasedAt);
        if (list.IsEmpty)
        {
            return [];
        }

        var titles = await FindAsync([.. list.Select(entry => entry.ContentId)], cancellationToken);
        var status = (await ToStatusAsync(titles, cancellationToken)).ToDictionary(watched => watched.ContentId);
        return [.. list.Select(entry => new WatchlistEntry(entry.ContentId, entry.AddedAt, status.GetValueOrDefault(entry.ContentId)))];
    }

    public async Task<bool> AddToWatchlistAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        await WakeAsync(cancellationToken);
        var now = Now();
        var asked = Asked(askedAt, now);
        if (_state.IsErasedSince(asked))
        {
            return true;
        }

        await BeKnownAsync(now);
        var entry = new WatchlistRecord(contentId, _state.AfterErasure(asked));
        var added = await StoreAsync(_services.Users.AddToWatchlistAsync(_user, [entry])) == 1;
        Tell(ChangedParts.Watchlist);
        return added;
    }

    public async Task RemoveFromWatchlistAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        await StoreAsync(_services.Users.RemoveFromWatchlistAsync(_user, contentId, Asked(askedAt, Now()) + Limits.ClockDifference));
        Tell(ChangedParts.Watchlist);
    }

    public async Task<int> ImportWatchlistAsync(ImmutableArray<WatchlistRecord> entries, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (entries.IsDefaultOrEmpty || entries.Length > Limits.Watchlist)
        {
            throw new ArgumentException($"An import has 1 to {Limits.Watchlist} watchlist entries at once.", nameof(entries));
        }

        await WakeAsync(cancellationToken);
        var now = Now();
        if (entries.Select(entry => entry.FindFault(now + Limits.ClockDifference)).FirstOrDefault(fault => fault is not null) is { } fault)
        {
            throw new ArgumentException(fault.ToString(), nameof(entries));
        }

        var later = entries.Where(entry => !(entry.AddedAt <= _state.ErasedAt)).DistinctBy(entry => entry.ContentId).ToImmutableArray();
        if (later.IsEmpty)
        {
            return 0;
        }

        await BeKnownAsync(now);
        var present = await StoreAsync(_services.Users.AddToWatchlistAsync(_user, later));
        Tell(ChangedParts.Watchlist);
        return present;
    }

    public async Task<UserProfile> GetProfileAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        return ToProfile();
    }

    public async Task<UserProfile> PauseHistoryAsync(bool paused, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        var now = Now();
        var asked = Asked(askedAt, now);
        if (!_state.IsErasedSince(asked) && !ReferenceEquals(_state.Pause(paused, asked = _state.AfterErasure(asked)), _state))
        {
            await BeKnownAsync(now);
            var next = _state.Pause(paused, asked);
            if (!await StoreAsync(_services.Users.StorePauseAsync(_user, next)))
            {
                GiveUpMemory();
                throw new StorageUnavailableException("The user is being written by another activation.");
            }

            _state = next;
            Tell(ChangedParts.Profile);
        }

        return ToProfile();
    }

    public async Task<ImmutableArray<TitleRecord>> ExportAsync(ContentId? after, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        var titles = await _services.Users.LoadAllAsync(_user, after, cancellationToken);
        return [.. titles.Select(Admit).Select(ToRecord)];
    }

    public async Task<ErasureReceipt> EraseAsync(DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        var now = Now();
        var asked = Asked(askedAt, now);
        var receipt = await StoreAsync(_services.Users.EraseAsync(_user, asked));
        _titles = LoadedTitles.Erased(receipt.ErasedAt);
        _state = _state.Erase(receipt.ErasedAt, asked);
        if (TitleMarks.IsAfter(now, asked))
        {
            // It comes late, or again: what was stored since stands, and is read anew.
            DeactivateOnIdle();
        }

        Tell(ChangedParts.Row | ChangedParts.Watchlist | ChangedParts.Profile);
        EraseAgainLater();
        LogErased(_services.Logger, _user);
        return receipt;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Tell(ChangedParts.Subscription);
        if (_eraseAgain is not null)
        {
            // Nobody is there to do it later.
            await EraseAgainAsync(cancellationToken);
        }
    }

    private void EraseAgainLater()
    {
        _eraseAgain?.Dispose();
        _eraseAgain = this.RegisterGrainTimer(EraseAgainAsync, new GrainTimerCreationOptions(_eraseAgainAfter, _eraseAgainAfter)
        {
            KeepAlive = true,
            Interleave = true,
        });
    }

    private async Task EraseAgainAsync(CancellationToken cancellationToken)
    {
        var timer = _eraseAgain;
        try
        {
            await _services.Users.EraseAgainAsync(_user, _state.ErasedAt!.Value);
            timer?.Dispose();

            // Another erasure meanwhile has set its own.
            _eraseAgain = ReferenceEquals(_eraseAgain, timer) ? null : _eraseAgain;
        }
        catch (StorageUnavailableException unavailable)
        {
            // The timer comes again; what is left until then is never shown, for the tombstone hides it.
            LogNotErasedAgain(_services.Logger, _user, unavailable.Message);
        }
    }

    // Before the first thing is stored of a user, and only then.
    private async ValueTask BeKnownAsync(DateTimeOffset now)
    {
        if (_state.CreatedAt is null)
        {
            await StoreAsync(_services.Users.CreateAsync(_user, now));
            Remember(now, marked: false);
        }
    }

    private UserProfile ToProfile() => new(_state.CreatedAt, _state.IsPaused)
    {
        PausedFrom = _state.PausedFrom,
        PausedUntil = _state.PausedUntil,
    };

    private static TitleRecord ToRecord(TitleProgress title) => new(
        title.ContentId,
        [.. title.Registers.Select(register => new PlaceRecord(register.DeviceId, register.Position, register.Duration, register.WatchedAt))])
    {
        CompletedAt = title.Marks.CompletedAt,
        PlayCount = title.Marks.PlayCount,
        HiddenAt = title.Marks.HiddenAt,
        ForgottenAt = title.Marks.ForgottenAt,
    };
}
