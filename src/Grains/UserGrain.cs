using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Grains;

/// <summary>
/// One user's places. Its turn is the transaction: the rule judges, Postgres commits, memory follows, and only then comes the answer.
/// Reads interleave with a report that waits for its commit, and see memory as it was before.
/// </summary>
internal sealed partial class UserGrain : Grain, IUserGrain
{
    // A register that loses to a newer one is read anew; should it lose again each time, two activations are racing.
    private const int MaxAttempts = 3;

    private readonly IResumeStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<UserGrain> _logger;
    private readonly CompletionRule _completion;
    private readonly TimeSpan _reportInterval;
    private readonly UserId _user;
    private readonly LoadedTitles _titles = new();
    private Task? _waking;
    private bool _hasLost;

    public UserGrain(IGrainContext context, IResumeStore store, IOptions<WatchOptions> options, TimeProvider time, ILogger<UserGrain> logger)
    {
        _store = store;
        _time = time;
        _logger = logger;
        _completion = new CompletionRule(options.Value.CompletionTailFraction, options.Value.CompletionTailLimit);
        _reportInterval = options.Value.ReportInterval;
        _user = UserId.Parse(context.GrainId.Key.ToString());
    }

    public async Task<ReportResult> ReportAsync(Report report, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (report.FindFault() is { } fault)
        {
            throw new ArgumentException(fault.ToString(), nameof(report));
        }

        var register = Register.Of(report, ReportTime.Of(report, _time.GetUtcNow()));
        await WakeAsync(cancellationToken);
        var title = _titles.Find(report.ContentId) ?? await LoadAsync(report.ContentId, cancellationToken);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var verdict = title.Judge(register);
            if (verdict.Outcome == ReportOutcome.Unchanged)
            {
                title = _titles.Merge(title.Saw(register.DeviceId, register.WatchedAt));
            }

            if (verdict.Stored is not { } stored)
            {
                return Answer(verdict.Outcome, title);
            }

            if (await StoreAsync(new RegisterWrite(_user, report.ContentId, stored, verdict.Evicted)))
            {
                return Answer(verdict.Outcome, Take(title, stored));
            }

            LogLost(_user, report.ContentId);
            GiveWayToTheOther();
            title = await LoadAsync(report.ContentId, cancellationToken);
        }

        throw new StorageUnavailableException($"User {_user} is being written by another activation.");
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
        var known = titles.Select(id => _titles.Find(id) ?? TitleProgress.Unwatched(id)).ToArray();
        if (!_titles.IsComplete && known.Where(title => title.IsEmpty).Select(title => title.ContentId).ToImmutableArray() is { IsEmpty: false } missing)
        {
            var loaded = await _store.LoadTitlesAsync(_user, missing, cancellationToken);
            for (var index = 0; index < known.Length; index++)
            {
                // Meanwhile a report may have been committed, and an old title may have made room: what was known, what is read and
                // what is known now, together miss nothing.
                var id = known[index].ContentId;
                var read = loaded.FirstOrDefault(title => title.ContentId == id) ?? known[index];
                known[index] = known[index].Merge(read).Merge(_titles.Find(id) ?? read);
            }
        }

        return [.. known.Select(title => title.ToStatus(_completion)).OfType<WatchStatus>()];
    }

    public async Task<ImmutableArray<RowEntry>> GetRowAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        while (true)
        {
            var row = Row.Of(_titles.WithoutGaps, _completion);
            if (row.Length == Limits.Row || _titles.IsComplete || _titles.WithoutGaps.Count() >= LoadedTitles.MaxTitles)
            {
                return row;
            }

            await LoadPageAsync(_titles.Horizon, cancellationToken);
        }
    }

    private ReportResult Answer(ReportOutcome outcome, TitleProgress title) =>
        new(outcome, title.ToStatus(_completion), _reportInterval);

    // Everybody who comes while the user is being loaded waits for the one load. It is nobody's to cancel.
    private async ValueTask WakeAsync(CancellationToken cancellationToken)
    {
        if (_waking is { IsCompletedSuccessfully: true })
        {
            return;
        }

        if (_waking is null or { IsCompleted: true })
        {
            _waking = LoadPageAsync(before: null, CancellationToken.None);
        }

        await _waking.WaitAsync(cancellationToken);
    }

    private async Task LoadPageAsync(TitleCursor? before, CancellationToken cancellationToken) =>
        _titles.Merge(await _store.LoadNewestAsync(_user, before, cancellationToken), before);

    private async ValueTask<TitleProgress> LoadAsync(ContentId contentId, CancellationToken cancellationToken)
    {
        if (_titles.IsComplete && !_hasLost)
        {
            return TitleProgress.Unwatched(contentId);
        }

        var loaded = await _store.LoadTitlesAsync(_user, [contentId], cancellationToken);
        return loaded.IsEmpty ? _titles.Find(contentId) ?? TitleProgress.Unwatched(contentId) : _titles.Merge(loaded[0]);
    }

    private async Task<bool> StoreAsync(RegisterWrite write)
    {
        try
        {
            return await _store.StoreAsync(write);
        }
        catch (StorageUnavailableException unavailable) when (unavailable.OutcomeUnknown)
        {
            // Memory may now be behind Postgres: the next call reads anew.
            LogOutcomeUnknown(_user);
            DeactivateOnIdle();
            throw;
        }
    }

    // The title may have been merged with a page since it was judged: what was stored goes into what is known now.
    private TitleProgress Take(TitleProgress judged, Register stored) =>
        _titles.Merge((_titles.Find(judged.ContentId) ?? judged).Merge(stored));

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
