using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace ContinueWatching.Contracts.Tests;

/// <summary>What crosses the wire to a grain and back comes out as it went in, for callers of every version.</summary>
public sealed class SerializationTests : IDisposable
{
    private static readonly ContentId _title = new(new Guid("01234567-89ab-cdef-0123-456789abcdef"));
    private static readonly DeviceId _device = DeviceId.Parse("tv");
    private static readonly DateTimeOffset _noon = new(2026, 3, 1, 12, 0, 0, 7, TimeSpan.Zero);
    private static readonly TimeSpan _position = TimeSpan.FromMilliseconds(61_001);
    private static readonly TimeSpan _duration = TimeSpan.FromMinutes(90);
    private static readonly WatchStatus _status = new(_title, _position, _duration, _noon, _device, Completed: true);

    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(Report).Assembly))
        .BuildServiceProvider();

    public static TheoryData<object> Values =>
    [
        _title,
        default(ContentId),
        UserId.Parse("0123"),
        UserId.Parse(new string('~', UserId.MaxLength)),
        default(UserId),
        _device,
        DeviceId.Parse(""),
        default(DeviceId),
        new Report(_title, TimeSpan.Zero, _noon),
        new Report(_title, TimeSpan.FromMilliseconds(1), _noon)
        {
            Duration = TimeSpan.FromSeconds(1_000_000),
            DeviceId = _device,
            WatchedAt = _noon.ToOffset(TimeSpan.FromHours(5.5)),
            SentAt = _noon.AddTicks(1),
        },
        _status,
        _status with { Duration = null, DeviceId = default, Completed = false },
        new ReportResult(ReportOutcome.Ignored, null, TimeSpan.FromSeconds(30)),
        .. Enum.GetValues<ReportOutcome>().Select(outcome => new ReportResult(outcome, _status, TimeSpan.FromSeconds(10))),
        new RowEntry(_title, _position, _duration, _noon, _device),
        new RowEntry(_title, _position, null, _noon, default),
        new Fault("resumeFrom", "-1", "0 or more"),
        SeriesId.Parse("0123"),
        default(SeriesId),
        new Title(_title),
        new Title(_title)
        {
            Duration = _duration,
            CreditsStart = _position,
            SeriesId = SeriesId.Parse("s"),
            Season = 0,
            Episode = 100_000,
            NextContentId = new ContentId(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff")),
            Kind = "episode",
        },
        _status with { CompletedAt = _noon, PlayCount = 3 },
        new ReportResult(ReportOutcome.Invalid, null, TimeSpan.FromSeconds(10)) { Fault = new Fault("resumeFrom", "-1", "0 or more") },
        new RowEntry(_title, _position, _duration, _noon, _device) { SeriesId = SeriesId.Parse("s"), Reason = RowReason.NextEpisode },
        .. Enum.GetValues<RowCode>().Select(code => new RowExplanation(code, "Because.")),
        new Place(_device, _position, _noon),
        new HistoryCursor(_noon, _title),
        default(HistoryCursor),
        new UserProfile(null, false),
        new UserProfile(_noon, true) { PausedFrom = _noon, PausedUntil = _noon.AddDays(1) },
        new WatchlistEntry(_title, _noon, null),
        new WatchlistEntry(_title, _noon, _status),
        new WatchlistRecord(_title, _noon),
        new PlaceRecord(_device, _position, null, _noon),
        new PlaceRecord(default, _position, _duration, _noon),
        new HistoryPage([], new HistoryCursor(_noon, _title)),
        new TitleRecord(_title, []) { CompletedAt = _noon, PlayCount = 2, HiddenAt = _noon, ForgottenAt = _noon },
        new ErasureReceipt(_noon, ImmutableDictionary<string, int>.Empty),
        new Subscription(new Guid("01234567-89ab-cdef-0123-456789abcdef"), 7, IsNew: true),
        new TitleChange(_title, _status),
        new TitleChange(_title, null),
        new UserChange(new Guid("01234567-89ab-cdef-0123-456789abcdef"), 7) { Parts = ChangedParts.Row | ChangedParts.Profile },
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void What_is_sent_is_what_arrives(object value)
    {
        var arrived = OverTheWire(value);

        Assert.IsType(value.GetType(), arrived);
        Assert.Equal(WithoutLists(value), WithoutLists(arrived));
        Assert.Equal(WithoutLists(value)!.GetHashCode(), WithoutLists(arrived)!.GetHashCode());
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_copy_for_a_grain_in_the_same_process_is_equal(object value) =>
        Assert.Equal(WithoutLists(value), WithoutLists(_services.GetRequiredService<DeepCopier>().Copy(value)));

    [Fact]
    public void The_empty_device_arrives_empty()
    {
        var report = OverTheWire(new Report(_title, TimeSpan.Zero, _noon));

        Assert.True(report!.DeviceId.IsEmpty);
        Assert.Equal("", report.DeviceId.Value);
    }

    [Fact]
    public void The_lists_that_grains_take_and_give_arrive_in_order()
    {
        ImmutableArray<ContentId> titles = [_title, new(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"))];
        ImmutableArray<WatchStatus> statuses = [_status, _status with { Completed = false }];

        Assert.Equal(titles.AsEnumerable(), OverTheWire(titles));
        Assert.Equal(statuses.AsEnumerable(), OverTheWire(statuses));
        Assert.Empty(OverTheWire(ImmutableArray<RowEntry>.Empty));
    }

    [Fact]
    public void Lists_within_what_is_sent_arrive_in_order()
    {
        Place[] places = [new(_device, _position, _noon), new(default, _position, _noon)];
        var status = _status with { Elsewhere = [.. places] };
        PlaceRecord[] held = [new(_device, _position, _duration, _noon), new(default, _position, null, _noon)];
        var rows = ImmutableDictionary.CreateRange<string, int>([new("resume", 3), new("users", 1)]);

        Assert.Equal(places, OverTheWire(status)!.Elsewhere);
        Assert.Equal(places, OverTheWire(new ReportResult(ReportOutcome.Applied, status, TimeSpan.Zero) { Elsewhere = [.. places] })!.Elsewhere);
        Assert.Equal(places, OverTheWire(new HistoryPage([status], null))!.Titles[0].Elsewhere);
        Assert.Equal(held, OverTheWire(new TitleRecord(_title, [.. held]))!.Places);
        Assert.Equal(rows.AsEnumerable(), OverTheWire(new ErasureReceipt(_noon, rows))!.Rows);
        TitleChange[] changed = [new(_title, null), new(new ContentId(Guid.NewGuid()), null)];
        Assert.Equal(changed, OverTheWire(new UserChange(Guid.NewGuid(), 1) { Titles = [.. changed] })!.Titles);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unavailable_storage_arrives_with_its_message_and_whether_the_outcome_is_known(bool unknown)
    {
        var thrown = new StorageUnavailableException("Postgres is away.") { OutcomeUnknown = unknown };

        foreach (var arrived in new[] { OverTheWire(thrown), _services.GetRequiredService<DeepCopier>().Copy(thrown) })
        {
            Assert.Equal(("Postgres is away.", unknown), (arrived!.Message, arrived.OutcomeUnknown));
        }

        var asAnyException = Assert.IsType<StorageUnavailableException>(OverTheWire<Exception>(thrown));
        Assert.Equal(unknown, asAnyException.OutcomeUnknown);
    }

    [Fact]
    public void Every_type_that_crosses_the_wire_is_tried_here()
    {
        IEnumerable<object[]> rows = Values;

        Assert.Empty(WireTypes().Except(rows.Select(row => row[0].GetType())).Except([typeof(StorageUnavailableException)]));
    }

    /// <summary>Were one to change, callers of another version could not be read; new ones may be added.</summary>
    [Fact]
    public void The_names_and_numbers_on_the_wire_never_change() =>
        Assert.Equal(
            """
            cw.ContentId 0:_value
            cw.DeviceId 0:_value
            cw.ErasureReceipt 0:ErasedAt 1:Rows
            cw.Fault 0:Field 1:Value 2:Allowed
            cw.HistoryCursor 0:WatchedAt 1:ContentId
            cw.HistoryPage 0:Titles 1:End
            cw.Place 0:DeviceId 1:Position 2:WatchedAt
            cw.PlaceRecord 0:DeviceId 1:Position 2:Duration 3:WatchedAt
            cw.Report 0:ContentId 1:Position 2:ReceivedAt 3:Duration 4:DeviceId 5:WatchedAt 6:SentAt
            cw.ReportResult 0:Outcome 1:Status 2:NextReportIn 3:Elsewhere 4:Fault
            cw.RowEntry 0:ContentId 1:Position 2:Duration 3:WatchedAt 4:DeviceId 5:SeriesId 6:Reason
            cw.RowExplanation 0:Code 1:Sentence
            cw.SeriesId 0:_value
            cw.StorageUnavailableException 0:OutcomeUnknown
            cw.Subscription 0:Epoch 1:Version 2:IsNew
            cw.Title 0:ContentId 1:Duration 2:CreditsStart 3:SeriesId 4:Season 5:Episode 6:NextContentId 7:Kind
            cw.TitleChange 0:ContentId 1:Status
            cw.TitleRecord 0:ContentId 1:Places 2:CompletedAt 3:PlayCount 4:HiddenAt 5:ForgottenAt
            cw.UserChange 0:Epoch 1:Version 2:Titles 3:Parts
            cw.UserId 0:_value
            cw.UserProfile 0:CreatedAt 1:HistoryPaused 2:PausedFrom 3:PausedUntil
            cw.WatchStatus 0:ContentId 1:Position 2:Duration 3:WatchedAt 4:DeviceId 5:Completed 6:CompletedAt 7:PlayCount 8:Elsewhere
            cw.WatchlistEntry 0:ContentId 1:AddedAt 2:Status
            cw.WatchlistRecord 0:ContentId 1:AddedAt
            """,
            string.Join('\n', WireTypes().Select(Layout).Order(StringComparer.Ordinal)));

    [Fact]
    public void The_numbers_of_the_outcomes_never_change() =>
        Assert.Equal(
            "Applied=0 Superseded=1 Unchanged=2 Stale=3 Ignored=4 Paused=5 Invalid=6",
            string.Join(' ', Enum.GetValues<ReportOutcome>().Select(outcome => $"{outcome}={outcome:D}")));

    [Fact]
    public void The_numbers_of_the_reasons_never_change() =>
        Assert.Equal(
            "InProgress=0 NextEpisode=1 | InProgress=0 NextEpisode=1 NeverWatched=2 AtStart=3 Finished=4 Hidden=5 MarkedWatched=6 "
            + "AnotherEpisode=7 BeyondTheRow=8 HistoryPaused=9",
            string.Join(' ', Enum.GetValues<RowReason>().Select(reason => $"{reason}={reason:D}")) + " | "
            + string.Join(' ', Enum.GetValues<RowCode>().Select(code => $"{code}={code:D}")));

    [Fact]
    public void The_numbers_of_the_parts_never_change() =>
        Assert.Equal(
            "None=0 Row=1 Watchlist=2 Profile=4 Subscription=8",
            string.Join(' ', Enum.GetValues<ChangedParts>().Select(part => $"{part}={part:D}")));

    public void Dispose() => _services.Dispose();

    // Lists are equal only to themselves.
    private static object? WithoutLists(object? value) => value switch
    {
        WatchStatus status => status with { Elsewhere = [] },
        ReportResult result => result with { Elsewhere = [], Status = (WatchStatus?)WithoutLists(result.Status) },
        WatchlistEntry entry => entry with { Status = (WatchStatus?)WithoutLists(entry.Status) },
        HistoryPage page => page with { Titles = [] },
        TitleRecord title => title with { Places = [] },
        TitleChange change => change with { Status = (WatchStatus?)WithoutLists(change.Status) },
        UserChange change => change with { Titles = [] },
        ErasureReceipt receipt => receipt with { Rows = ImmutableDictionary<string, int>.Empty },
        _ => value,
    };

    private static IEnumerable<Type> WireTypes() =>
        typeof(Report).Assembly.GetExportedTypes().Where(type => type.IsDefined(typeof(GenerateSerializerAttribute)));

    private static string Layout(Type type)
    {
        var members = type
            .GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(member => (member.Name, Id: member.GetCustomAttribute<IdAttribute>()?.Id))
            .Where(member => member.Id is not null)
            .OrderBy(member => member.Id)
            .Select(member => $"{member.Id}:{member.Name}");
        return $"{type.GetCustomAttribute<AliasAttribute>()?.Alias} {string.Join(' ', members)}";
    }

    private T? OverTheWire<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value));
    }
}
