using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>Telling those who listen what was committed: after memory has followed, and without waiting for anybody.</summary>
internal sealed partial class UserGrain
{
    // Null while nobody listens: a report then pays for one comparison.
    private UserObservers? _observers;

    public Task<Subscription?> SubscribeAsync(IUserObserver observer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentNullException.ThrowIfNull(observer);
        _observers ??= new UserObservers(_services.Time);
        return Task.FromResult(_observers.Add(observer));
    }

    public Task UnsubscribeAsync(IUserObserver observer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(observer);
        _observers?.Remove(observer);
        ForgetObserversThatAreGone();
        return Task.CompletedTask;
    }

    private void Tell(ChangedParts parts) => Tell([], parts);

    private void Tell(TitleProgress title, Title? catalogued)
    {
        if (_observers is not null)
        {
            Tell([new TitleChange(title.ContentId, title.ToStatus(_services.Completion, catalogued))]);
        }
    }

    // A viewer's word on a title: hiding it moves no place.
    private void Tell(TitleProgress before, TitleProgress after)
    {
        if (_observers is null)
        {
            return;
        }

        var hidesOnly = before.Marks.ForgottenAt == after.Marks.ForgottenAt
            && (before.Marks.CompletedAt, before.Marks.PlayCount) == (after.Marks.CompletedAt, after.Marks.PlayCount);
        Tell(hidesOnly ? [] : ToChanges([after]), ChangedParts.Row);
    }

    private void Tell(Change change)
    {
        if (_observers is null || !change.Changed.Any())
        {
            return;
        }

        var named = ToChanges(change.Changed.Select(pair => pair.After));
        var hides = change.Changed.Any(pair => pair.Before.Marks.HiddenAt != pair.After.Marks.HiddenAt);
        Tell(named, named.IsEmpty || hides ? ChangedParts.Row : ChangedParts.None);
    }

    private void Tell(ImmutableArray<TitleChange> titles, ChangedParts parts = ChangedParts.None)
    {
        if (_observers is { } observers)
        {
            observers.Tell(titles, parts);
            ForgetObserversThatAreGone();
        }
    }

    // None when they are too many, or when the catalogue would first have to be asked: then whoever hears of it asks.
    private ImmutableArray<TitleChange> ToChanges(IEnumerable<TitleProgress> titles)
    {
        var changes = ImmutableArray.CreateBuilder<TitleChange>();
        foreach (var title in titles)
        {
            if (changes.Count == Limits.TitlesInChange || !_services.Catalogue.TryGet(title.ContentId, out var catalogued))
            {
                return [];
            }

            changes.Add(new TitleChange(title.ContentId, title.ToStatus(_services.Completion, catalogued)));
        }

        return changes.DrainToImmutable();
    }

    private void ForgetObserversThatAreGone() => _observers = _observers is { IsEmpty: true } ? null : _observers;
}
