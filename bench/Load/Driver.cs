using System.Diagnostics;
using System.Net.Sockets;

namespace ContinueWatching.Bench.Load;

/// <summary>Puts a plan's load on a service, and measures it.</summary>
internal sealed class Driver(DrivePlan plan, Action<string> say)
{
    private const int ConnectAtOnce = 64;
    private static readonly TimeSpan _reconnect = TimeSpan.FromMilliseconds(20);

    // Measured time starts late after the last intended start when a queue has built up; nobody waits for ever.
    private static readonly TimeSpan _lastAnswers = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan _onceAll = TimeSpan.FromMinutes(10);

    private readonly Measured _measured = new((int)Math.Ceiling(plan.Seconds) + 1);
    private Viewer[] _viewers = [];
    private Viewer[] _cold = [];
    private int _nextCold = -1;
    private long _measureFrom;
    private long _end;

    /// <exception cref="ArgumentException">There are fewer users than connections, and a user has one request under way at a time.</exception>
    public async Task<DriveResult> RunAsync()
    {
        if (plan.Users < plan.Connections)
            throw new ArgumentException($"{plan.Users} users do not keep {plan.Connections} connections busy.");
        var random = new Random();
        _viewers = [.. Enumerable.Range(0, plan.Users).Select(user => new Viewer(user * plan.Apart, plan.Titles, random.Next(500)))];
        _cold = [.. Enumerable.Range(plan.FirstColdUser, plan.ColdUsers).Select(user => new Viewer(user, plan.Titles, 0))];
        var connections = Enumerable.Range(0, plan.Connections).Select(_ => new Connection(plan.Port)).ToArray();
        await Parallel.ForEachAsync(
            connections, new ParallelOptions { MaxDegreeOfParallelism = ConnectAtOnce }, async (connection, _) => await connection.OpenAsync());
        var start = Stopwatch.GetTimestamp();
        (_measureFrom, _end) = plan.Once ? (long.MaxValue, long.MaxValue) : (start + Ticks(plan.WarmUp), start + Ticks(plan.TotalSeconds));
        var pacer = plan.Rate is { } rate ? new Pacer(new RateProfile(rate), start) : null;
        var all = Task.WhenAll(connections.Select((connection, index) => RunAsync(connection, index, pacer)));
        var watching = plan.Once ? Task.FromResult(0.0) : WatchAsync(all);
        if (pacer is not null)
            await Task.Factory.StartNew(() => pacer.Run(all), TaskCreationOptions.LongRunning);
        await all.WaitAsync(plan.Once ? _onceAll : TimeSpan.FromSeconds(plan.TotalSeconds) + _lastAnswers);
        var cpu = await watching;
        Array.ForEach(connections, connection => connection.Dispose());
        return _measured.ToResult(plan.Seconds, cpu);
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private async Task RunAsync(Connection connection, int index, Pacer? pacer)
    {
        // Off the caller's stack: the first answers may be there at once.
        await Task.Yield();
        var random = new Random(index);
        var user = index;
        for (var count = 0; ; count++)
        {
            long intended;
            if (pacer is null)
            {
                intended = Stopwatch.GetTimestamp();
                if (intended >= _end)
                    return;
            }
            else if (await pacer.NextAsync() is { } turn)
            {
                intended = turn;
            }
            else
            {
                return;
            }

            var operation = Draw(random);
            var viewer = operation == Operation.ColdRow ? NextCold() : _viewers[user];
            user += plan.Connections;
            await AskAsync(connection, operation, viewer, intended, sample: (count + index) % plan.SampleEvery == 0);
            if (user < plan.Users)
                continue;
            if (plan.Once)
                return;
            user = index;
        }
    }

    private async Task AskAsync(Connection connection, Operation operation, Viewer viewer, long intended, bool sample)
    {
        Response? response = null;
        try
        {
            response = await connection.AskAsync(viewer.Next(operation));
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // Counted as an error below; the connection is opened again, when it can be.
            await ReopenAsync(connection);
        }

        var now = Stopwatch.GetTimestamp();
        var at = Stopwatch.GetElapsedTime(_measureFrom, now).TotalSeconds;

        // A closed loop counts what is answered within the time, an open one what was to start in it.
        if (plan.Rate is null ? now >= _measureFrom && now < _end : intended >= _measureFrom)
            _measured.Add(operation, response, at, Stopwatch.GetElapsedTime(intended, now));
        if (sample && response is { Status: 200 })
            _measured.Sample(operation, connection.Body, viewer, at);
    }

    private static async Task ReopenAsync(Connection connection)
    {
        try
        {
            await connection.OpenAsync();
        }
        catch (SocketException)
        {
            // Nobody listens now: the next request fails in its turn, and is counted.
            await Task.Delay(_reconnect);
        }
    }

    private Operation Draw(Random random)
    {
        var drawn = random.NextDouble();
        foreach (var operation in Enum.GetValues<Operation>())
        {
            drawn -= plan.Mix.Of(operation);
            if (drawn < 0)
                return operation;
        }

        return Operation.Heartbeat;
    }

    // Each is woken once; when all have been, they are no longer cold, and a plan that needs more says so.
    private Viewer NextCold()
    {
        var next = Interlocked.Increment(ref _nextCold);
        return next < _cold.Length ? _cold[next] : throw new InvalidOperationException($"The plan has only {_cold.Length} cold users.");
    }

    // Says when the measured time begins and what is answered, second by second.
    private async Task<double> WatchAsync(Task all)
    {
        await Task.WhenAny(all, Task.Delay(Left(_measureFrom)));
        say("measuring");
        var cpu = Environment.CpuUsage.TotalTime;
        for (var second = 0; second < (int)plan.Seconds && !all.IsCompleted; second++)
        {
            await Task.WhenAny(all, Task.Delay(Left(_measureFrom + Ticks(second + 1))));
            var done = _measured.Second(second);
            say(FormattableString.Invariant($"second {second + 1} {done.Ok} {done.Unavailable} {done.Errors} {done.P99:0.0}"));
        }

        await Task.WhenAny(all, Task.Delay(Left(_end)));
        say("measured");
        return (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
    }

    private static TimeSpan Left(long until)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
