using System.Net;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Viewers who report one place after the other at a brisk pace, each later than the one before, and remember which were acknowledged.</summary>
internal sealed class Load
{
    private const int TitlesPerViewer = 3;

    // Fast enough that reports are always under way; slower than a machine can, so that what they wait for gets its share of it.
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(20);

    private readonly Task[] _reporting;
    private readonly List<Reporter> _reporters;
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _wanted;
    private int _acknowledged;
    private int _refused;
    private int _broken;
    private volatile bool _ended;

    private Load(IEnumerable<Viewer> viewers, int wanted)
    {
        _wanted = wanted;
        _reporters = [.. viewers.Select(viewer => new Reporter(viewer))];
        _reporting = [.. _reporters.Select(ReportAsync)];
    }

    /// <summary>How many answers were not 200.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>How many viewers met a broken connection, and gave up.</summary>
    public int Broken => Volatile.Read(ref _broken);

    /// <summary>Starts them all, and comes back in the middle of it: after so many acknowledged reports.</summary>
    public static async Task<Load> StartAsync(IEnumerable<Viewer> viewers, int acknowledged)
    {
        var load = new Load(viewers, acknowledged);
        await load._enough.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return load;
    }

    /// <summary>Waits until every viewer has had one more report acknowledged.</summary>
    public Task EverybodyServedAsync(TimeSpan limit) =>
        Task.WhenAll(_reporters.Select(reporter => reporter.NextAsync())).WaitAsync(limit);

    /// <summary>Ends it; what is under way is awaited.</summary>
    public async Task EndAsync()
    {
        _ended = true;
        await Task.WhenAll(_reporting);
    }

    /// <summary>What is missing: titles whose place lies before the last acknowledged one.</summary>
    public async Task<IReadOnlyList<string>> FindLostAsync()
    {
        var lost = new List<string>();
        foreach (var reporter in _reporters)
        {
            var places = await reporter.Viewer.WhereAsync(reporter.Acknowledged.Keys);
            lost.AddRange(reporter.Acknowledged
                .Where(one => places.GetValueOrDefault(one.Key) < one.Value)
                .Select(one => $"{one.Key}: {one.Value} s acknowledged, {places.GetValueOrDefault(one.Key)} s found"));
        }

        return lost;
    }

    private async Task ReportAsync(Reporter reporter)
    {
        var titles = Enumerable.Range(0, TitlesPerViewer).Select(_ => Guid.NewGuid()).ToArray();
        using var pace = new PeriodicTimer(_pace);
        for (var second = 1; !_ended && await pace.WaitForNextTickAsync(); second++)
        {
            var title = titles[second % TitlesPerViewer];
            try
            {
                using var answer = await reporter.Viewer.ReportAsync(title, second);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref _refused);
                    continue;
                }
            }
            catch (HttpRequestException)
            {
                // Killed, or stopped: nobody listens any more.
                Interlocked.Increment(ref _broken);
                return;
            }

            reporter.Acknowledge(title, second);
            if (Interlocked.Increment(ref _acknowledged) == _wanted)
                _enough.SetResult();
        }
    }

    private sealed class Reporter(Viewer viewer)
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Viewer Viewer => viewer;

        public Dictionary<Guid, double> Acknowledged { get; } = [];

        public Task NextAsync() => Volatile.Read(ref _next).Task;

        public void Acknowledge(Guid title, double second)
        {
            Acknowledged[title] = second;
            Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
