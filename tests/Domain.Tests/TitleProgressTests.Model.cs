using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>The outcomes against a model that is nothing but the text of the rule.</summary>
public partial class TitleProgressTests
{
    [Fact]
    public void Every_outcome_agrees_with_the_text_of_the_rule()
    {
        // Both sides of one second, and of 250 ms from each other.
        var report = AnyRegisterAt([999, 1_000, 1_250, 1_251, 1_501, 60_000]);
        report.Array[1, 60].Sample(
            reports =>
            {
                var progress = TitleProgress.Unwatched(Film);
                var model = new Model();
                foreach (var report in reports)
                {
                    var verdict = progress.Judge(report);

                    var (outcome, stored, evicted) = model.Take(report);
                    Assert.Equal(outcome, verdict.Outcome);
                    Assert.Equal(stored ? report : null, verdict.Stored);
                    Assert.Equal(evicted, verdict.Evicted?.Place());

                    progress = verdict switch
                    {
                        { Stored: { } news } => progress.Merge(news),
                        { Outcome: ReportOutcome.Unchanged } => progress.Saw(report.DeviceId, report.WatchedAt),
                        _ => progress,
                    };
                    Assert.Equal(model.Registers, progress.Places());
                }
            },
            iter: 4_000);
    }

    private sealed class Model
    {
        private readonly Dictionary<string, DateTimeOffset> _lastSeen = [];

        public List<(string Device, DateTimeOffset At, TimeSpan Position)> Registers { get; private set; } = [];

        public (ReportOutcome Outcome, bool Stored, (string, DateTimeOffset, TimeSpan)? Evicted) Take(Register report)
        {
            var place = report.Place();
            if (place.Position.TotalSeconds < 1)
            {
                return (ReportOutcome.Ignored, false, null);
            }

            foreach (var own in Registers.Where(register => register.Device == place.Device))
            {
                var newer = place.At > own.At || (place.At == own.At && place.Position > own.Position);
                if (!newer || (_lastSeen.TryGetValue(place.Device, out var seen) && place.At <= seen))
                {
                    return (ReportOutcome.Stale, false, null);
                }

                if (Math.Abs((place.Position - own.Position).TotalMilliseconds) <= 250)
                {
                    // At the register's own moment there is nothing later to remember.
                    if (place.At > own.At)
                    {
                        _lastSeen[place.Device] = place.At;
                    }

                    return (ReportOutcome.Unchanged, false, null);
                }
            }

            var all = Registers.Where(register => register.Device != place.Device).Append(place)
                .OrderByDescending(register => register.At)
                .ThenByDescending(register => register.Position)
                .ThenByDescending(register => register.Device, StringComparer.Ordinal)
                .ToList();
            var evicted = all.Skip(8).ToArray();
            if (evicted.Contains(place))
            {
                return (ReportOutcome.Superseded, false, null);
            }

            Registers = [.. all.Take(8)];
            foreach (var (device, _, _) in evicted)
            {
                _lastSeen.Remove(device);
            }

            var outcome = Registers[0] == place ? ReportOutcome.Applied : ReportOutcome.Superseded;
            return (outcome, true, evicted.Length == 0 ? null : evicted.Single());
        }
    }
}
