using System.Collections.Concurrent;
using System.Text.Json;
using HdrHistogram;

namespace ContinueWatching.Bench.Load;

/// <summary>Counts what was answered and how long it took, as a whole and by the second.</summary>
internal sealed class Measured
{
    private const long MaxMicroseconds = 120_000_000;
    private const int Digits = 3;
    private const int CoarseDigits = 2;

    private readonly Dictionary<Operation, Counter> _operations = Enum.GetValues<Operation>().ToDictionary(operation => operation, _ => new Counter(Digits));
    private readonly Counter[] _seconds;
    private readonly ConcurrentDictionary<string, long> _sampled = new();

    public Measured(int seconds) => _seconds = [.. Enumerable.Range(0, seconds).Select(_ => new Counter(CoarseDigits))];

    /// <summary>Takes an answer; null is none. Times are those of answers of 200.</summary>
    /// <param name="operation">What was asked.</param>
    /// <param name="response">What came.</param>
    /// <param name="at">When it came, in seconds from the start of the measurement.</param>
    /// <param name="took">How long it took since it was meant to start.</param>
    public void Add(Operation operation, Response? response, double at, TimeSpan took)
    {
        _operations[operation].Add(response, took);
        if (at < _seconds.Length)
            _seconds[(int)at].Add(response, took);
    }

    /// <summary>Checks what an answer of 200 says.</summary>
    /// <exception cref="InvalidDataException">It is not the answer to what was asked.</exception>
    public void Sample(Operation operation, byte[] body, Viewer viewer, double at)
    {
        using var json = JsonDocument.Parse(body);
        string what;
        switch (operation)
        {
            case Operation.Heartbeat:
                if (json.RootElement.GetProperty("contentId").GetString() != viewer.ContentId)
                    throw new InvalidDataException($"A heartbeat for {viewer.ContentId} was answered with {json.RootElement}.");
                what = json.RootElement.GetProperty("outcome").GetString()!;
                if (at >= 0 && at < _seconds.Length)
                    _seconds[(int)at].AddCadence(json.RootElement.GetProperty("nextReportInSeconds").GetDouble());
                break;
            case Operation.Status:
                what = $"status of {json.RootElement.GetArrayLength()}";
                break;
            default:
                what = $"row of {json.RootElement.GetProperty("items").GetArrayLength()}";
                break;
        }

        _sampled.AddOrUpdate(what, 1, (_, count) => count + 1);
    }

    public DriveResult ToResult(double seconds, double cpuSeconds) => new(
        seconds,
        _operations.Where(operation => operation.Value.Any).ToDictionary(operation => operation.Key, operation => operation.Value.ToResult()),
        new SortedDictionary<string, long>(_sampled),
        [.. _seconds.Select((second, index) => second.ToSecond(index))],
        cpuSeconds);

    /// <summary>One second so far, for whoever watches.</summary>
    public SecondResult Second(int index) => _seconds[index].ToSecond(index);

    private sealed class Counter(int digits)
    {
        private readonly LongConcurrentHistogram _times = new(1, MaxMicroseconds, digits);
        private long _ok;
        private long _unavailable;
        private long _errors;
        private long _cadences;
        private double _cadenceSum;

        public bool Any => _ok + _unavailable + _errors > 0;

        public void Add(Response? response, TimeSpan took)
        {
            // A refusal is quick: among the times of answers it would make them better.
            if (response is { Status: 200 })
            {
                Interlocked.Increment(ref _ok);
                _times.RecordValue(Math.Clamp((long)took.TotalMicroseconds, 1, MaxMicroseconds));
            }
            else if (response is { Status: 503, HasRetryAfter: true })
                Interlocked.Increment(ref _unavailable);
            else
                Interlocked.Increment(ref _errors);
        }

        public void AddCadence(double seconds)
        {
            lock (_times)
                (_cadences, _cadenceSum) = (_cadences + 1, _cadenceSum + seconds);
        }

        public OperationResult ToResult() => new(
            _ok, _unavailable, _errors, _times.GetMean() / 1000, At(50), At(90), At(99), At(99.9), At(100));

        public SecondResult ToSecond(int second)
        {
            lock (_times)
                return new(second, _ok, _unavailable, _errors, At(50), At(99), _cadences == 0 ? 0 : _cadenceSum / _cadences);
        }

        // Of nothing there is no percentile.
        private double At(double percentile) => _times.TotalCount == 0 ? 0 : _times.GetValueAtPercentile(percentile) / 1000.0;
    }
}
