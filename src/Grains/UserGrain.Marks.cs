using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>What a viewer says of a title beside watching it: hidden, watched, forgotten.</summary>
internal sealed partial class UserGrain
{
    public async Task HideAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        var entry = (await GetRowAsync(cancellationToken)).FirstOrDefault(entry => entry.ContentId == contentId);
        await ChangeAsync(contentId, askedAt, (title, asked, now) => title.MarksWhenHidden(entry?.WatchedAt, asked, now), cancellationToken);
    }

    public Task RestoreAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(contentId, askedAt, (title, asked, now) => title.Marks.Restore(asked, now), cancellationToken);

    public async Task<WatchStatus> MarkWatchedAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        var catalogued = await FindTitleAsync(contentId, cancellationToken);
        var changed = await ChangeAsync(
            contentId,
            askedAt,
            (title, asked, now) => title.MarksWhenWatched(_services.Completion, catalogued, asked, now),
            cancellationToken);
        return changed.ToStatus(_services.Completion, catalogued)!;
    }

    public Task UnmarkWatchedAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(contentId, askedAt, (title, asked, now) => title.Marks.Unwatch(asked, now), cancellationToken);

    public Task ForgetAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(contentId, askedAt, (title, asked, now) => title.MarksWhenForgotten(asked, now), cancellationToken);

    private async Task<TitleProgress> ChangeAsync(
        ContentId contentId,
        DateTimeOffset? askedAt,
        Func<TitleProgress, DateTimeOffset, DateTimeOffset, TitleMarks> change,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        await WakeAsync(cancellationToken);
        var now = Now();
        var asked = Asked(askedAt, now);
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var title = _titles.Find(contentId) ?? await LoadAsync(contentId, cancellationToken);
            var marks = change(title, _state.AfterErasure(asked), now);
            if (ReferenceEquals(marks, title.Marks) || _state.IsErasedSince(asked))
            {
                return title.With(marks);
            }

            if (await StoreMarksAsync([(contentId, marks)], now))
            {
                var changed = _titles.Merge(marks.ForgottenAt != title.Marks.ForgottenAt ? title.Forget(marks) : title.With(marks));
                Tell(title, changed);
                return changed;
            }

            await ReloadAsync([contentId]);
        }

        throw new StorageUnavailableException("The user is being written by another activation.");
    }

    private async Task<bool> StoreMarksAsync(ImmutableArray<(ContentId ContentId, TitleMarks Marks)> titles, DateTimeOffset now)
    {
        await BeKnownAsync(now);
        if (await StoreAsync(_services.Users.StoreMarksAsync(_user, titles)))
        {
            Remember(now, marked: true);
            return true;
        }

        LogLost(_services.Logger, _user, titles[0].ContentId);
        GiveWayToTheOther();
        return false;
    }
}
