using System.Collections.Immutable;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Events;

/// <summary>
/// One stream's ear in the cluster: subscribes at the user's grain, renews, and fills the outbox with what the grain tells. Whatever may
/// have been missed, a fresh row stands for.
/// </summary>
internal sealed class LiveUser : IUserObserver
{
    // What renewals are spread over, so that a lost silo's streams do not all come at once.
    private const double Jitter = 0.2;
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly IGrainFactory _grains;
    private readonly IUserGrain _grain;
    private readonly IUserObserver _reference;
    private readonly TimeProvider _time;
    private readonly TimeSpan _renewal;
    private readonly Outbox _outbox;
    private readonly Alarm _alarm;
    private readonly Lock _lock = new();
    private Subscription? _subscription;
    private ImmutableArray<RowEntry> _row = [];
    private Need _need;
    private long _nextRenewal;
    private long _nextRead;

    public LiveUser(IGrainFactory grains, UserId user, TimeProvider time, TimeSpan renewal, Outbox outbox, Alarm alarm)
    {
        (_grains, _grain) = (grains, grains.GetUser(user));
        (_time, _renewal, _outbox, _alarm) = (time, renewal, outbox, alarm);

        // Orleans holds on to an observer weakly: the stream does it for as long as it runs.
        _reference = grains.CreateObjectReference<IUserObserver>(this);
    }

    // How badly a row is wanted.
    private enum Need
    {
        None,
        IfTitlesDiffer,
        IfAnythingDiffers,
        Always,
    }

    /// <summary>Subscribes, and puts the first row into the outbox.</summary>
    /// <returns>False when the user has too many streams.</returns>
    public async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        if (await _grain.SubscribeAsync(_reference, cancellationToken) is not { } subscription)
        {
            return false;
        }

        Keep(subscription);
        await ReadRowAsync(Need.Always, cancellationToken);
        return true;
    }

    /// <summary>
    /// Renews, and reads the row when it may have changed, until it is cancelled; or until others have taken the stream's place while it was
    /// away.
    /// </summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_time.GetTimestamp() >= Volatile.Read(ref _nextRenewal) && !await TryRenewAsync(cancellationToken))
                {
                    return;
                }

                if (_time.GetTimestamp() >= _nextRead && TakeNeed() is var need and not Need.None)
                {
                    await TryReadRowAsync(need, cancellationToken);
                }
            }
            catch (Exception exception) when (Unavailable.IsPassing(exception))
            {
                // A silo is lost, or Postgres away: the stream waits for them. Or it is cancelled, which the wait below finds out.
                Volatile.Write(ref _nextRenewal, In(Spread(_retry)));
            }

            await _alarm.WaitAsync(UntilNext(), cancellationToken);
        }
    }

    /// <summary>Ends the subscription, as far as the cluster can be reached.</summary>
    public async Task EndAsync()
    {
        try
        {
            await _grain.UnsubscribeAsync(_reference);
        }
        catch (Exception exception) when (Unavailable.IsPassing(exception))
        {
            // It ends by itself when it is not renewed.
        }
        finally
        {
            _ = ForgetLaterAsync();
        }
    }

    /// <inheritdoc/>
    public Task ChangedAsync(UserChange change)
    {
        var kept = _outbox.TryPut(change.Titles);
        lock (_lock)
        {
            var missed = false;
            if (_subscription?.Epoch == change.Epoch && change.Version > _subscription.Version)
            {
                missed = change.Version > _subscription.Version + 1;
                _subscription = _subscription with { Version = change.Version };
            }

            Want(missed || !kept ? Need.Always
                : change.Parts.HasFlag(ChangedParts.Row) ? Need.IfAnythingDiffers
                : change.Titles.All(StaysFirst) ? Need.None
                : Need.IfTitlesDiffer);
        }

        if (change.Parts.HasFlag(ChangedParts.Subscription))
        {
            Volatile.Write(ref _nextRenewal, In(_retry * Random.Shared.NextDouble()));
        }

        _alarm.Ring();
        return Task.CompletedTask;
    }

    // The most frequent change there is: the title that stands first is watched on, and nothing in the row changes place.
    private bool StaysFirst(TitleChange title) =>
        !_row.IsEmpty && _row[0].ContentId == title.ContentId && title.Status is { Completed: false };

    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        if (await _grain.SubscribeAsync(_reference, cancellationToken) is not { } subscription)
        {
            return false;
        }

        lock (_lock)
        {
            // Else, too: nobody tells the user's grain of a title that the catalogue sees differently now.
            var missed = subscription.IsNew || subscription.Epoch != _subscription!.Epoch || subscription.Version > _subscription.Version;
            Want(missed ? Need.Always : Need.IfTitlesDiffer);
        }

        Keep(subscription);
        return true;
    }

    private void Keep(Subscription subscription)
    {
        lock (_lock)
        {
            _subscription = subscription;
        }

        Volatile.Write(ref _nextRenewal, In(Spread(_renewal)));
    }

    private async Task TryReadRowAsync(Need need, CancellationToken cancellationToken)
    {
        try
        {
            await ReadRowAsync(need, cancellationToken);
        }
        catch
        {
            lock (_lock)
            {
                Want(need);
            }

            throw;
        }
    }

    private async Task ReadRowAsync(Need need, CancellationToken cancellationToken)
    {
        _nextRead = In(Outbox.Interval);
        var row = await _grain.GetRowAsync(cancellationToken);
        lock (_lock)
        {
            var isNews = need == Need.Always
                || (need == Need.IfAnythingDiffers && !row.SequenceEqual(_row))
                || !row.Select(entry => entry.ContentId).SequenceEqual(_row.Select(entry => entry.ContentId));
            if (isNews)
            {
                _row = row;
                _outbox.Put(row);
            }
        }
    }

    // What the grain said before it heard of the end is still on its way, and who could not be told goes on until the subscription has run
    // out: Orleans takes a call for whom it does not know as an error.
    private async Task ForgetLaterAsync()
    {
        await Task.Delay(Limits.Subscription, _time);
        _grains.DeleteObjectReference<IUserObserver>(_reference);
    }

    private void Want(Need need) => _need = need > _need ? need : _need;

    private Need TakeNeed()
    {
        lock (_lock)
        {
            (var need, _need) = (_need, Need.None);
            return need;
        }
    }

    private TimeSpan UntilNext()
    {
        lock (_lock)
        {
            var next = Volatile.Read(ref _nextRenewal);
            next = _need == Need.None ? next : Math.Min(next, _nextRead);
            return _time.GetElapsedTime(_time.GetTimestamp(), next);
        }
    }

    private long In(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);

    private static TimeSpan Spread(TimeSpan span) => span * (1 - (Jitter * Random.Shared.NextDouble()));
}
