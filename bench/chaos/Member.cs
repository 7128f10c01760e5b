using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Chaos;

/// <summary>How a process ended.</summary>
/// <param name="Member">Whose it was.</param>
/// <param name="Code">Its exit code.</param>
/// <param name="WasTold">Whether it was told to stop in good order.</param>
internal sealed record MemberExit(string Member, int Code, bool WasTold)
{
    /// <summary>Whether whoever started it can tell from the code what to make of it.</summary>
    public bool IsAsItShould => WasTold == (Code == 0);
}

/// <summary>One place in the deployment, and the process that has it now.</summary>
/// <param name="name">For people.</param>
/// <param name="index">Its number among its kind, from 0.</param>
/// <param name="url">Where it answers.</param>
/// <param name="start">Starts it.</param>
internal sealed class Member(string name, int index, Uri url, Func<ServiceProcess> start) : IAsyncDisposable
{
    private const int LinesKept = 60;
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(60);
    private readonly List<string> _former = [];
    private readonly List<string> _formerTraces = [];
    private readonly List<MemberExit> _exits = [];
    private bool _isToldToStop;

    public string Name => name;

    public int Index => index;

    public Uri Url => url;

    public ServiceProcess? Process { get; private set; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>What it has said last, in this life and those before.</summary>
    public string History => string.Join('\n', _former.Concat(Process?.Lines.TakeLast(LinesKept) ?? []));

    /// <summary>The lines of stack traces that it has said, in this life and those before.</summary>
    public IReadOnlyList<string> StackTraces => [.. _formerTraces, .. TracesOf(Process)];

    public void Start()
    {
        (Process, _isToldToStop) = (start(), false);
        Starts++;
    }

    public void Signal(int signal)
    {
        _isToldToStop |= signal == Signals.Terminate;
        Process?.Signal(signal);
    }

    /// <summary>How its processes ended, since the last call.</summary>
    public IReadOnlyList<MemberExit> TakeExits()
    {
        lock (_exits)
        {
            MemberExit[] all = [.. _exits];
            _exits.Clear();
            return all;
        }
    }

    /// <summary>Starts it again when it has ended.</summary>
    public async Task RestartIfEndedAsync()
    {
        if (Process is { HasExited: true } ended)
        {
            var code = await ended.ExitAsync();
            lock (_exits)
            {
                _exits.Add(new MemberExit(name, code, _isToldToStop));
            }

            _former.AddRange(ended.Lines.TakeLast(LinesKept));
            _former.Add($"-- ended with {code}");
            _formerTraces.AddRange(TracesOf(ended));
            await ended.DisposeAsync();
            Start();
        }
    }

    /// <summary>Until it was started so often.</summary>
    /// <exception cref="TimeoutException">The process before has not ended in a minute.</exception>
    public async Task StartedAsync(int starts)
    {
        var waited = Stopwatch.StartNew();
        while (Starts < starts)
        {
            if (waited.Elapsed > _endLimit)
                throw new TimeoutException($"{Name} does not end. What it said:\n{Process?.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    public async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(url, "/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException)
        {
            // Not there, or not in time: not ready.
            return false;
        }
    }

    private static IEnumerable<string> TracesOf(ServiceProcess? process) =>
        process?.Lines.Where(line => line.Contains("   at ", StringComparison.Ordinal)) ?? [];

    public ValueTask DisposeAsync() => Process?.DisposeAsync() ?? default;
}
