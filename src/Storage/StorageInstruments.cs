using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ContinueWatching.Storage;

/// <summary>What storage measures, and the source of its spans. <c>docs/observability.md</c> tells what each is good for.</summary>
internal sealed class StorageInstruments
{
    private const string Name = "ContinueWatching";

    // One source for the process, as traces want it: whoever listens is told by its name.
    private static readonly ActivitySource _spans = new(Name);

    private static readonly KeyValuePair<string, object?>[] _users = [new("continue_watching.load.kind", "users")];
    private static readonly KeyValuePair<string, object?>[] _titles = [new("continue_watching.load.kind", "titles")];

    public StorageInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        Commit = new LaneInstruments(meter, _spans, "commit", "{report}", []);
        LoadUsers = new LaneInstruments(meter, _spans, "load", "{request}", _users);
        LoadTitles = new LaneInstruments(meter, _spans, "load", "{request}", _titles);
    }

    /// <summary>Reports on their way into Postgres.</summary>
    public LaneInstruments Commit { get; }

    /// <summary>Users who wake, and pages further down in their history.</summary>
    public LaneInstruments LoadUsers { get; }

    /// <summary>Single titles.</summary>
    public LaneInstruments LoadTitles { get; }
}

/// <summary>What the lanes of one kind measure: how much waits, how much goes at once, how long that takes.</summary>
internal sealed class LaneInstruments
{
    // What a trace can still show. The others of the batch have a span each, with the same end.
    private const int MaxLinks = 32;

    private static readonly InstrumentAdvice<double> _seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    };

    private static readonly InstrumentAdvice<int> _sizes = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    };

    private readonly Meter _meter;
    private readonly ActivitySource _spans;
    private readonly KeyValuePair<string, object?>[] _kind;
    private readonly Histogram<int> _size;
    private readonly Histogram<double> _duration;

    /// <summary>Makes the instruments <c>continue_watching.{name}.…</c>.</summary>
    /// <param name="meter">Whose they are.</param>
    /// <param name="spans">Whose the spans are.</param>
    /// <param name="name">What is done in the lanes: <c>commit</c>.</param>
    /// <param name="unit">What they carry: <c>{report}</c>.</param>
    /// <param name="kind">Tells these lanes from others of the same name; else empty.</param>
    public LaneInstruments(Meter meter, ActivitySource spans, string name, string unit, KeyValuePair<string, object?>[] kind)
    {
        (_meter, _spans, _kind) = (meter, spans, kind);
        (Name, Unit) = (name, unit);
        _size = meter.CreateHistogram($"continue_watching.{name}.batch.size", unit, $"How many one {name} carries.", advice: _sizes);
        _duration = meter.CreateHistogram($"continue_watching.{name}.duration", "s", $"How long Postgres takes for one {name}.", advice: _seconds);
    }

    public string Name { get; }

    private string Unit { get; }

    /// <summary>
    /// Shows how many wait, whenever somebody looks. A gauge, not an up-down counter: of such a one CloudWatch's exporter sends what it has changed
    /// by (decision 23), and a depth that stays where it is would be none.
    /// </summary>
    public void ShowDepth(Func<int> depth) => _meter.CreateObservableGauge(
        $"continue_watching.{Name}.queue.depth", () => new Measurement<int>(depth(), _kind), Unit, $"How many wait for their {Name}.");

    /// <summary>Whether whoever makes a request has a trace that is recorded. If not, nothing is spent on one.</summary>
    public bool IsTraced => _spans.HasListeners() && Activity.Current is { Recorded: true };

    /// <summary>The span of one request, from the queue to its result, in the trace of whoever makes it.</summary>
    public Activity? StartRequest() => _spans.StartActivity(Name);

    /// <summary>
    /// The span of a batch: in the trace of the first of its requests that has one, with links to the others; null when none has.
    /// </summary>
    public Activity? StartBatch(IEnumerable<Activity?> requests, int size)
    {
        Activity? parent = null;
        List<ActivityLink>? links = null;
        foreach (var request in requests)
        {
            if (request is not null && parent is not null && (links ??= []).Count < MaxLinks)
            {
                links.Add(new ActivityLink(request.Context));
            }

            parent ??= request;
        }

        return parent is null
            ? null
            : _spans.StartActivity($"{Name} batch", ActivityKind.Internal, parent.Context, [new("continue_watching.batch.size", size)], links);
    }

    /// <summary>A batch has ended.</summary>
    /// <param name="size">How many it carried.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="fault">Why they have no result; null when all is well.</param>
    public void Ended(int size, TimeSpan took, Exception? fault)
    {
        _size.Record(size, _kind);
        if (fault is null)
        {
            _duration.Record(took.TotalSeconds, _kind);
        }
        else
        {
            _duration.Record(took.TotalSeconds, [.. _kind, new("error.type", fault.GetType().Name)]);
        }
    }
}
