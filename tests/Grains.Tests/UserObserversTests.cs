using ContinueWatching.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Grains.Tests;

/// <summary>How long somebody is told who does not come back.</summary>
public sealed class UserObserversTests
{
    private readonly FakeTimeProvider _time = new(GrainCluster.Now);
    private readonly UserObservers _observers;

    public UserObserversTests() => _observers = new UserObservers(_time);

    [Fact]
    public void Who_does_not_renew_within_a_minute_is_told_nothing_more()
    {
        var (gone, there) = (new Hearing(), new Hearing());
        _observers.Add(gone);
        _observers.Add(there);
        _time.Advance(Limits.Subscription / 2);
        Assert.False(_observers.Add(there)!.IsNew);
        _time.Advance(Limits.Subscription / 2);

        _observers.Tell([], ChangedParts.Row);

        Assert.Equal((0, 1), (gone.Heard, there.Heard));
        Assert.True(_observers.Add(gone)!.IsNew);
    }

    [Fact]
    public void When_nobody_is_left_none_is_kept()
    {
        _observers.Add(new Hearing());
        _time.Advance(Limits.Subscription);

        _observers.Tell([], ChangedParts.Row);

        Assert.True(_observers.IsEmpty);
    }

    [Fact]
    public void Who_has_gone_makes_room()
    {
        for (var count = 0; count < Limits.ObserversPerUser; count++)
            Assert.NotNull(_observers.Add(new Hearing()));
        Assert.Null(_observers.Add(new Hearing()));

        _time.Advance(Limits.Subscription);

        Assert.NotNull(_observers.Add(new Hearing()));
    }

    private sealed class Hearing : IUserObserver
    {
        public int Heard { get; private set; }

        public Task ChangedAsync(UserChange change)
        {
            Heard++;
            return Task.CompletedTask;
        }
    }
}
