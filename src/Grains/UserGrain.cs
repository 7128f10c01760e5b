using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using Orleans.Placement;

namespace ContinueWatching.Grains;

/// <summary>
/// One user's places. Its turn is the transaction: the rule judges, Postgres commits, memory follows, and only then comes the answer.
/// Reads interleave with a report that waits for its commit, and see memory as it was before.
/// </summary>
/// <remarks>
/// Placed by chance, which spreads users evenly, also those that come all at once, and those that come back when silos are added: Orleans's own
/// choice by load looks at figures that are seconds old, and herds.
/// </remarks>
[RandomPlacement, GrainType("user")]
internal sealed partial class UserGrain : Grain, IUserGrain
{
    // A register that loses to a newer one is read anew; should it lose again each time, two activations are racing.
    private const int MaxAttempts = 3;

    private readonly UserServices _services;
    private readonly UserId _user;
    private LoadedTitles _titles = new();
    private UserState _state = UserState.Unknown;
    private Task? _waking;
    private bool _hasLost;

    public UserGrain(IGrainContext context, UserServices services)
    {
        _services = services;
        _user = UserId.Parse(context.GrainId.Key.ToString());
    }

    public async Task<ReportResult> ReportAsync(Report report, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (report.FindFault() is { } fault)
        {
            throw new ArgumentException(fault.ToString(), nameof(report));
        }

        await WakeAsync(cancellationToken);
        var now = Now();
        var register = Register.Of(report, ReportTime.Of(report, now));
        var catalogued = await FindTitleAsync(report.ContentId, cancellationToken);
        var title = _titles.Find(report.ContentId) ?? await LoadAsync(report.ContentId, cancellationToken);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var verdict = _state.Judge(title, register);
            if (verdict.Stored is not { } stored)
            {
                var noted = Note(verdict.Outcome, title, register);
                title = ReferenceEquals(noted, title) ? title : _titles.Merge(noted);
                return Counted(Answer(verdict.Outcome, title, register, catalogued));
            }

            var marks = title.MarksAfter(stored, _services.Completion, catalogued, now);
            bool stands;
            try
            {
                stands = await _services.Store.StoreAsync(ToWrite(title, stored, verdict.Evicted, marks, now));
            }
            catch (StorageUnavailableException unavailable) when (unavailable.OutcomeUnknown)
            {
                // StoreAsync's body: every heartbeat comes this way, and one async method more is one task more.
                GiveUpMemory();
                throw;
            }

            if (stands)
            {
                // It may have been merged with a page since it was judged: what was stored goes into what is known now.
                title = _titles.Merge(title.With(marks).Merge(stored));
                Remember(now, marked: !ReferenceEquals(marks, TitleMarks.None));
                Tell(title, catalogued);
                return Counted(Answer(verdict.Outcome, title, register, catalogued));
            }

            LogLost(_services.Logger, _user, report.ContentId);
            GiveWayToTheOther();
            title = title.MergeOthers(await LoadAsync(report.ContentId, cancellationToken), [stored]);
            Tell(title, catalogued);
        }

        throw new StorageUnavailableException("The user is being written by another activation.");
    }

    public async Task<ImmutableArray<WatchStatus>> GetWatchStatusAsync(
        ImmutableArray<ContentId> titles, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (titles.IsDefaultOrEmpty || titles.Length > Limits.TitlesInRead || titles.Contains(default))
        {
            throw new ArgumentException($"A read asks for 1 to {Limits.TitlesInRead} titles.", nameof(titles));
        }

        await WakeAsync(cancellationToken);
        return await ToStatusAsync(await FindAsync(titles, cancellationToken), cancellationToken);
    }

    // Those of them that are watched, in their order.
    private async ValueTask<ImmutableArray<WatchStatus>> ToStatusAsync(
        IReadOnlyList<TitleProgress> titles, CancellationToken cancellationToken)
    {
        var status = ImmutableArray.CreateBuilder<WatchStatus>(titles.Count);
        foreach (var title in titles)
        {
            if (!_services.Catalogue.TryGet(title.ContentId, out var catalogued))
            {
                await _services.Catalogue.LoadAsync(titles.Select(other => other.ContentId), cancellationToken);
                catalogued = await _services.Catalogue.GetAsync(title.ContentId, cancellationToken);
            }

            if (title.ToStatus(_services.Completion, catalogued) is { } watched)
            {
                status.Add(watched);
            }
        }

        return status.DrainToImmutable();
    }

    // What is known of titles, from memory and where need be from Postgres; memory stays as it is.
    private async ValueTask<TitleProgress[]> FindAsync(ImmutableArray<ContentId> titles, CancellationToken cancellationToken)
    {
        var known = titles.Select(id => FindProgress(id) ?? TitleProgress.Unwatched(id)).ToArray();
        var missing = titles.Where(id => FindProgress(id) is null).ToImmutableArray();
        if (missing.IsEmpty)
        {
            return known;
        }

        var loaded = (await _services.Store.LoadTitlesAsync(_user, missing, cancellationToken)).ToDictionary(title => title.ContentId);
        for (var index = 0; index < known.Length; index++)
        {
            // Meanwhile a report may have been committed, and an old title may have made room: what was known, what is read and
            // what is known now, together miss nothing.
            var id = known[index].ContentId;
            var read = loaded.TryGetValue(id, out var title) ? Admit(title) : known[index];
            known[index] = known[index].Merge(read).Merge(_titles.Find(id) ?? read);
        }

        return known;
    }

    // What came without anything to store is remembered while in memory.
    private static TitleProgress Note(ReportOutcome outcome, TitleProgress title, Register register) => outcome switch
    {
        ReportOutcome.Unchanged => title.Saw(register.DeviceId, register.WatchedAt),
        ReportOutcome.Ignored when title.IsEmpty => title.Opened(),
        _ => title,
    };

    private ReportResult Answer(ReportOutcome outcome, TitleProgress title, Register register, Title? catalogued) =>
        new(outcome, title.ToStatus(_services.Completion, catalogued), NextReportIn())
        {
            Elsewhere = title.Elsewhere(register.DeviceId, register.Position),
        };

    // Where it is final: a report that lost a race is judged again.
    private ReportResult Counted(ReportResult result)
    {
        _services.Instruments.Reported(result.Outcome);
        return result;
    }

    private TimeSpan NextReportIn() => GrainInstruments.NextReportIn(_services.Options, _services.Store);

    private DateTimeOffset Now() => _state.AfterErasure(ReportTime.Truncate(_services.Time.GetUtcNow()));

    // When a viewer asked for what is to be done now; nobody asks in the future.
    private static DateTimeOffset Asked(DateTimeOffset? askedAt, DateTimeOffset now) =>
        askedAt is { } given && given < now ? ReportTime.Truncate(given) : now;

    private ValueTask<Title?> FindTitleAsync(ContentId contentId, CancellationToken cancellationToken) =>
        _services.Catalogue.TryGet(contentId, out var title) ? new(title) : _services.Catalogue.GetAsync(contentId, cancellationToken);

    // Everybody who comes while the user is being loaded waits for the one load. It is nobody's to cancel.
    private async ValueTask WakeAsync(CancellationToken cancellationToken)
    {
        if (_waking is { IsCompletedSuccessfully: true })
        {
            return;
        }

        if (_waking is null or { IsCompleted: true })
        {
            _waking = LoadFirstPageAsync();
        }

        await _waking.WaitAsync(cancellationToken);
    }

    private async Task LoadFirstPageAsync()
    {
        var page = await _services.Store.LoadNewestAsync(_user, before: null, CancellationToken.None);
        _state = page.User;
        _titles = new LoadedTitles(_state.ErasedAt);
        _titles.Merge(page, before: null);
        if (_state.ErasedAt is not null)
        {
            // Whatever kept the grain that erased from it, or a lost silo wrote since.
            EraseAgainLater();
        }

        // The load's own task holds what it read for as long as it is held.
        _waking = Task.CompletedTask;
    }

    private async Task LoadPageAsync(TitleCursor? before, CancellationToken cancellationToken)
    {
        // An erasure meanwhile puts other titles in place of these.
        var titles = _titles;
        titles.Merge(await _services.Store.LoadNewestAsync(_user, before, cancellationToken), before);
    }

    // What is known of a title without asking Postgres: of those that are not in memory, perhaps that they were never watched.
    private TitleProgress? FindProgress(ContentId contentId) =>
        _titles.Find(contentId) ?? (_titles.IsComplete && !_state.HasMarks && !_hasLost ? TitleProgress.Unwatched(contentId) : null);

    private async ValueTask<TitleProgress> LoadAsync(ContentId contentId, CancellationToken cancellationToken)
    {
        if (_titles.Find(contentId) is null && FindProgress(contentId) is { } unwatched)
        {
            return unwatched;
        }

        var loaded = await _services.Store.LoadTitlesAsync(_user, [contentId], cancellationToken);
        return _titles.Merge(loaded.IsEmpty ? TitleProgress.Unwatched(contentId) : loaded[0]);
    }

    private TitleProgress Admit(TitleProgress loaded) => _state.ErasedAt is { } moment ? loaded.Since(moment) : loaded;

    private RegisterWrite ToWrite(TitleProgress title, Register stored, Register? evicted, TitleMarks marks, DateTimeOffset now) =>
        new(_user, title.ContentId, stored, evicted)
        {
            Marks = ReferenceEquals(marks, title.Marks) ? null : marks,
            UserSince = _state.CreatedAt is null ? now : null,
        };

    private async Task<T> StoreAsync<T>(Task<T> write)
    {
        try
        {
            return await write;
        }
        catch (StorageUnavailableException unavailable) when (unavailable.OutcomeUnknown)
        {
            GiveUpMemory();
            throw;
        }
    }

    private async Task StoreAsync(Task write)
    {
        try
        {
            await write;
        }
        catch (StorageUnavailableException unavailable) when (unavailable.OutcomeUnknown)
        {
            GiveUpMemory();
            throw;
        }
    }

    // It may now be behind Postgres: the next call reads anew.
    private void GiveUpMemory()
    {
        LogOutcomeUnknown(_services.Logger, _user);
        DeactivateOnIdle();
    }

    private void Remember(DateTimeOffset now, bool marked)
    {
        if (_state.CreatedAt is null || (marked && !_state.HasMarks))
        {
            _state = _state with { CreatedAt = _state.CreatedAt ?? now, HasMarks = _state.HasMarks || marked };
        }
    }

    // One lost race may be a report that overtook another. A second one means that somebody else holds this user.
    private void GiveWayToTheOther()
    {
        if (_hasLost)
        {
            DeactivateOnIdle();
        }

        _hasLost = true;
    }
}
