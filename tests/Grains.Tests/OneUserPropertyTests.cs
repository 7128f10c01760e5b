using ContinueWatching.Contracts;
using CsCheck;

namespace ContinueWatching.Grains.Tests;

/// <summary>A user's evening at random, against a naive model of what §3 of the design promises.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class OneUserPropertyTests(SharedCluster shared)
{
    private const int Films = 2;

    [Fact]
    public async Task Answers_are_those_of_the_model_whatever_is_reported_read_and_put_to_sleep()
    {
        // Two devices are used most, and enough others that some are evicted.
        var device = Gen.Frequency((3, Gen.Int[0, 1]), (1, Gen.Int[0, 9]));
        var report = Gen.Select(
            Gen.Int[0, Films - 1], device, Gen.Int[0, 40], Gen.Int[0, 10], Gen.Bool,
            (film, device, at, place, far) => new Step(film, device, at, far ? place * 100 : place / 5.0, Sleep: false));
        var step = Gen.Frequency((20, report), (1, Gen.Const(new Step(0, 0, 0, 0, Sleep: true))));

        await step.Array[1, 100].SampleAsync(WalkAsync, iter: 40, threads: 1);
    }

    private async Task WalkAsync(Step[] steps)
    {
        var viewer = shared.NewViewer();
        var films = Enumerable.Range(0, Films).Select(_ => Viewer.NewTitle()).ToArray();
        var model = films.Select(_ => new FilmModel()).ToArray();
        foreach (var step in steps)
        {
            if (step.Sleep)
            {
                // Only a watched user is awake; what was last seen of a paused device is in memory only.
                await viewer.Grain.GetRowAsync();
                await viewer.SleepAsync();
                Array.ForEach(model, film => film.Sleep());
                continue;
            }

            var result = await viewer.WatchAsync(films[step.Film], step.Position, step.At, $"device-{step.Device}", duration: 1000);
            var outcome = model[step.Film].Report($"device-{step.Device}", step.At, step.Position);

            Assert.Equal(outcome, result.Outcome);
            Assert.Equal(model[step.Film].Newest, NewestOf(result.Status));
        }

        for (var film = 0; film < Films; film++)
        {
            Assert.Equal(model[film].Newest, NewestOf(await viewer.StatusAsync(films[film])));
            Assert.Equal(model[film].Registers, await viewer.StoredAsync(films[film]));
        }

        var row = model.Zip(films)
            .Where(film => film.First.Newest is { Position: < 950 })
            .OrderByDescending(film => film.First.Newest!.At)
            .ThenByDescending(film => film.Second)
            .Select(film => film.Second);
        Assert.Equal(row, await viewer.RowAsync());
    }

    private static Stored? NewestOf(WatchStatus? status) => status is null
        ? null
        : new Stored(status.DeviceId.Value, status.Position.TotalSeconds, (status.WatchedAt - GrainCluster.Evening).TotalSeconds);

    private sealed record Step(int Film, int Device, int At, double Position, bool Sleep);

    private sealed class FilmModel
    {
        private readonly Dictionary<string, Stored> _registers = [];
        private readonly Dictionary<string, double> _lastSeen = [];

        public IEnumerable<Stored> Registers => _registers.Values.OrderBy(row => row.At).ThenBy(row => row.Device, StringComparer.Ordinal);

        public Stored? Newest => OldestFirst().LastOrDefault();

        public void Sleep() => _lastSeen.Clear();

        public ReportOutcome Report(string device, double at, double position)
        {
            if (position < 1)
                return ReportOutcome.Ignored;
            if (_registers.TryGetValue(device, out var held))
            {
                var isNewer = at > held.At || (at == held.At && position > held.Position);
                if (!isNewer || (_lastSeen.TryGetValue(device, out var seen) && at <= seen))
                    return ReportOutcome.Stale;
                if (Math.Abs(position - held.Position) <= 0.25)
                {
                    if (at > held.At)
                        _lastSeen[device] = at;
                    return ReportOutcome.Unchanged;
                }
            }

            _registers[device] = new Stored(device, position, at);
            _lastSeen.Remove(device);
            if (_registers.Count > 8)
                Forget(OldestFirst().First().Device);
            return Newest!.Device == device ? ReportOutcome.Applied : ReportOutcome.Superseded;
        }

        private IEnumerable<Stored> OldestFirst() =>
            _registers.Values.OrderBy(row => row.At).ThenBy(row => row.Position).ThenBy(row => row.Device, StringComparer.Ordinal);

        private void Forget(string device)
        {
            _registers.Remove(device);
            _lastSeen.Remove(device);
        }
    }
}
