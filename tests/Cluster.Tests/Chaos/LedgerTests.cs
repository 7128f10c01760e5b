using ContinueWatching.Chaos;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Cluster.Tests.Chaos;

/// <summary>What the harness holds against Postgres: each acknowledged report is there, or a newer one of its device.</summary>
public sealed class LedgerTests
{
    private static readonly DateTimeOffset _noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RegisterKey _tv = new("a", Guid.NewGuid(), "tv");

    private readonly Ledger _ledger = new();

    [Theory]
    [InlineData(100, 10, false)]
    [InlineData(101, 11, false)]
    [InlineData(50, 11, false)]
    [InlineData(99, 10, true)]
    [InlineData(100, 9, true)]
    [InlineData(500, 9, true)]
    public void What_is_stored_has_superseded_what_was_acknowledged_when_it_is_not_older_by_the_order_of_reports(double position, double at, bool isLost)
    {
        Acknowledge(_tv, at: 10, position: 100);

        var lost = Ledger.FindLost(_ledger.Acknowledged(), Stored(_tv, at, position));

        Assert.Equal(isLost, lost.Count == 1);
    }

    [Fact]
    public void What_is_not_stored_or_only_of_another_device_is_lost()
    {
        Acknowledge(_tv, at: 10, position: 100);

        Assert.Contains("nothing stored", Assert.Single(Ledger.FindLost(_ledger.Acknowledged(), Stored(_tv with { Device = "phone" }, 10, 100))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_report_that_is_acknowledged_does_not_take_the_place_of_the_newer_one()
    {
        Acknowledge(_tv, at: 10, position: 100);
        Acknowledge(_tv, at: 9, position: 90);

        Assert.Equal(TimeSpan.FromSeconds(100), _ledger.NewestOf(_tv.User, _tv.Title)?.Position);
        Assert.Single(Ledger.FindLost(_ledger.Acknowledged(), Stored(_tv, 9, 90)));
        Assert.Equal(2, _ledger.Count);
    }

    [Theory]
    [InlineData(100.25, false)]
    [InlineData(100.26, true)]
    public void What_was_found_to_say_nothing_new_need_not_be_stored_where_the_device_had_said_nearly_the_same(double position, bool isLost)
    {
        Acknowledge(_tv, at: 10, position: 100);
        _ledger.Acknowledge(_ledger.Send(_tv, _noon.AddSeconds(10.02), TimeSpan.FromSeconds(position), isLive: false), _noon, isUnchanged: true);

        Assert.Equal(isLost, Ledger.FindLost(_ledger.Acknowledged(), Stored(_tv, 10, 100)).Count == 1);
        Assert.Equal(2, _ledger.Count);
    }

    [Fact]
    public void A_report_that_was_not_acknowledged_may_be_missing_and_may_be_there()
    {
        _ledger.Send(_tv, _noon, TimeSpan.FromSeconds(100), isLive: false);

        Assert.Empty(Ledger.FindLost(_ledger.Acknowledged(), new Dictionary<RegisterKey, Register>()));
        Assert.Empty(_ledger.FindForged(Stored(_tv, 0, 100)));
    }

    [Theory]
    [InlineData(100, 10, false)]
    [InlineData(100, 10.001, true)]
    [InlineData(100.001, 10, true)]
    public void What_is_stored_and_was_never_sent_so_is_forged(double position, double at, bool isForged)
    {
        Acknowledge(_tv, at: 10, position: 100);

        Assert.Equal(isForged, _ledger.FindForged(Stored(_tv, at, position)).Count == 1);
    }

    [Theory]
    [InlineData(9.999, true)]
    [InlineData(10, false)]
    [InlineData(12, false)]
    [InlineData(12.001, true)]
    public void A_live_report_happened_between_its_sending_and_its_answer(double at, bool isForged)
    {
        Acknowledge(_tv, at: 10, position: 100, isLive: true, answered: 12);

        Assert.Equal(isForged, _ledger.FindForged(Stored(_tv, at, 100)).Count == 1);
    }

    [Fact]
    public void The_newest_place_of_a_title_is_that_of_all_devices_and_since_when_is_told()
    {
        Acknowledge(_tv, at: 10, position: 100, answered: 11);
        Acknowledge(_tv with { Device = "phone" }, at: 20, position: 200, answered: 21);
        Acknowledge(_tv, at: 30, position: 300, answered: 31);

        Assert.Equal(TimeSpan.FromSeconds(300), _ledger.NewestOf(_tv.User, _tv.Title)?.Position);
        Assert.Null(_ledger.NewestOf("b", _tv.Title));
        Assert.Equal(_noon.AddSeconds(21), _ledger.SupersededAt(_tv.User, _tv.Title, TimeSpan.FromSeconds(100)));
    }

    private void Acknowledge(RegisterKey key, double at, double position, bool isLive = false, double? answered = null) => _ledger.Acknowledge(
        _ledger.Send(key, _noon.AddSeconds(at), TimeSpan.FromSeconds(position), isLive), _noon.AddSeconds(answered ?? at));

    private static Dictionary<RegisterKey, Register> Stored(RegisterKey key, double at, double position) =>
        new() { [key] = new Register(DeviceId.Parse(key.Device), _noon.AddSeconds(at), TimeSpan.FromSeconds(position), null) };
}
