using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>Whoever has seen the same reports holds the same registers, evictions included.</summary>
public partial class TitleProgressTests
{
    private static readonly Gen<TitleProgress> _anyProgress = AnyRegister.Array[0, 12].Select(registers => Progress(registers));

    [Fact]
    public void Any_order_any_repetition_and_any_partition_of_the_same_reports_gives_the_same_registers() =>
        _anyDelivery.Sample(
            (reports, delivered, partition) =>
            {
                var parts = delivered
                    .Select((report, index) => (report, Part: partition[index % partition.Length]))
                    .GroupBy(pair => pair.Part, pair => pair.report)
                    .Select(part => Progress(part));

                var merged = parts.Aggregate((left, right) => left.Merge(right));

                Assert.Equal(NewestEight(reports), merged.Places());
                Assert.Equal(NewestEight(reports), Progress(delivered).Places());
            },
            iter: 20_000);

    [Fact]
    public void Merging_is_commutative_associative_and_idempotent() =>
        Gen.Select(_anyProgress, _anyProgress, _anyProgress).Sample(
            (a, b, c) =>
            {
                Assert.Equal(a.Merge(b).Places(), b.Merge(a).Places());
                Assert.Equal(a.Merge(b).Merge(c).Places(), a.Merge(b.Merge(c)).Places());
                Assert.Equal(a.Registers, a.Merge(a).Registers);
                Assert.Equal(a.Merge(b).Registers, a.Merge(b).Merge(b).Registers);
            },
            iter: 10_000);

    [Fact]
    public void A_position_never_goes_back_to_an_older_event() =>
        AnyRegister.Array[1, 30].Sample(
            reports =>
            {
                var progress = TitleProgress.Unwatched(Film);
                foreach (var report in reports)
                {
                    var next = progress.Merge(report);

                    if (!progress.IsEmpty)
                    {
                        var (before, after) = (progress.ResumePoint, next.ResumePoint);
                        Assert.True((after.WatchedAt, after.Position).CompareTo((before.WatchedAt, before.Position)) >= 0);
                    }

                    foreach (var after in next.Registers)
                    {
                        var before = progress.Registers.FirstOrDefault(register => register.DeviceId == after.DeviceId);
                        Assert.True((after.WatchedAt, after.Position).CompareTo((before.WatchedAt, before.Position)) >= 0);
                        Assert.False(before.Duration is not null && after.Duration is null);
                    }

                    progress = next;
                }
            },
            iter: 20_000);

    [Fact]
    public void What_was_stale_stays_stale_until_the_device_is_evicted()
    {
        // Eight devices: with the register goes what was seen of its device.
        var ofEight = AnyRegister.Where(register => Devices.Take(8).Contains(register.DeviceId.Value));
        var step = Gen.Select(ofEight, ofEight, Gen.Int[0, 2]);
        Gen.Select(step.Array[1, 20], ofEight).Sample(
            (steps, probe) =>
            {
                var progress = TitleProgress.Unwatched(Film);
                var wasStale = false;
                foreach (var (first, second, kind) in steps)
                {
                    progress = kind switch
                    {
                        0 => progress.Merge(first),
                        1 => progress.Saw(first.DeviceId, first.WatchedAt),
                        _ => progress.Merge(Progress(first, second).Saw(second.DeviceId, first.WatchedAt)),
                    };

                    // At the register's own moment the position decides, seen or not; so the probe is of another moment.
                    var held = progress.Registers.Any(own => own.DeviceId == probe.DeviceId && own.WatchedAt != probe.WatchedAt);
                    var stale = progress.Judge(probe).Outcome == ReportOutcome.Stale;
                    Assert.True(stale || !held || !wasStale, $"{probe} was stale; after {first}, {second}, {kind} it is news");
                    wasStale = held && stale;
                }
            },
            iter: 20_000);
    }

    /// <summary>
    /// What two activations of one user do to one table: each judges by its own memory, stores the newer, deletes what it evicts
    /// only where that is not newer than what it knew, and may at any time read the table or lose its memory.
    /// </summary>
    [Fact]
    public void Two_activations_and_their_store_converge_whatever_each_has_missed()
    {
        // A report at one of the two, and what happens next: a memory lost, the table read, or that report again at the other.
        var step = Gen.Select(_anyReportOfMovingDevice, Gen.Int[0, 1], Gen.Int[0, 1], Gen.Int[0, 9]);
        step.Array[1, 40].Sample(
            steps =>
            {
                var store = new Dictionary<string, Register>();
                var memories = new[] { Progress(), Progress() };
                foreach (var (report, here, there, next) in steps)
                {
                    memories[here] = Take(memories[here], store, report);
                    memories[there] = next switch
                    {
                        0 => Progress(store.Values),
                        1 or 2 => memories[there].Merge(Progress(store.Values)),
                        3 or 4 => Take(memories[there], store, report),
                        _ => memories[there],
                    };
                }

                var reports = steps.Select(step => step.Item1).ToArray();
                Assert.Equal(NewestEight(reports), Progress(store.Values).Places());
                foreach (var memory in memories)
                {
                    Assert.Equal(NewestEight(reports), memory.Merge(Progress(store.Values)).Places());
                }
            },
            iter: 10_000);
    }

    [Fact]
    public void One_activation_holds_exactly_what_its_store_holds() =>
        _anyReportOfMovingDevice.Array[1, 60].Sample(
            reports =>
            {
                var store = new Dictionary<string, Register>();
                var memory = reports.Aggregate(Progress(), (progress, report) => Take(progress, store, report));

                Assert.Equal(NewestEight(reports), memory.Places());
                Assert.Equal(
                    memory.Registers.OrderBy(register => register.DeviceId.Value, StringComparer.Ordinal),
                    store.Values.OrderBy(register => register.DeviceId.Value, StringComparer.Ordinal));
            },
            iter: 4_000);

    private static readonly Gen<(Register[] Reports, Register[] Delivered, int[] Partition)> _anyDelivery =
        Gen.Select(AnyRegister.Array[1, 40], Gen.Int[0, 1_000].Array[0, 15], Gen.Int[0, 3].Array[1, 7])
            .SelectMany((reports, repeats, partition) =>
                Gen.Shuffle((Register[])[.. reports, .. repeats.Select(repeat => reports[repeat % reports.Length])])
                    .Select(delivered => (reports, delivered, partition)));

    // Of a device that does not move nothing is stored, so with such reports the order counts, and is meant to. Here each moment has
    // places of its own.
    private static readonly Gen<Register> _anyReportOfMovingDevice = AnyRegister.Select(
        report => report with { Position = report.Position + (report.WatchedAt - Noon) });

    private static TitleProgress Take(TitleProgress memory, Dictionary<string, Register> store, Register report)
    {
        var verdict = memory.Judge(report);
        if (verdict.Stored is not { } stored)
        {
            return memory;
        }

        var key = stored.DeviceId.Value;
        if (!store.TryGetValue(key, out var known))
        {
            store[key] = stored;
        }
        else if ((known.WatchedAt, known.Position).CompareTo((stored.WatchedAt, stored.Position)) < 0)
        {
            store[key] = stored with { Duration = stored.Duration ?? known.Duration };
        }

        if (verdict.Evicted is { } evicted
            && store.TryGetValue(evicted.DeviceId.Value, out var found)
            && (found.WatchedAt, found.Position).CompareTo((evicted.WatchedAt, evicted.Position)) <= 0)
        {
            store.Remove(evicted.DeviceId.Value);
        }

        return memory.Merge(stored);
    }
}
