using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>A viewer who looks at the row again and again, whatever happens, and remembers every answer that does not tell the one place they have.</summary>
internal sealed class SteadyReader : IAsyncDisposable
{
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(20);

    private readonly TestService _service;
    private readonly string _token;
    private readonly double _place;
    private readonly List<string> _wrong = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;
    private int _reads;

    private SteadyReader(TestService service, string token, double place)
    {
        (_service, _token, _place) = (service, token, place);
        _reading = ReadAsync();
    }

    /// <summary>Begins to read for the token's user, who is at this place, in seconds, in one title.</summary>
    public static SteadyReader Start(TestService service, string token, double place) => new(service, token, place);

    /// <summary>Every answer told the place, and there were answers until the end, none of them late.</summary>
    /// <param name="longest">How long an answer may have taken.</param>
    public async Task<(int Reads, TimeSpan Slowest)> AssertServedAsync(TimeSpan longest)
    {
        var before = Volatile.Read(ref _reads);
        while (Volatile.Read(ref _reads) == before && !_reading.IsCompleted)
            await Task.Delay(_pace);
        await DisposeAsync();
        Assert.Empty(_wrong);
        Assert.InRange(_reads, 2, int.MaxValue);
        Assert.InRange(Slowest, TimeSpan.Zero, longest);
        return (_reads, Slowest);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
    }

    private TimeSpan Slowest { get; set; }

    private async Task ReadAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            var row = await _service.GetAsync("/users/me/continue-watching", _token);
            Slowest = clock.Elapsed > Slowest ? clock.Elapsed : Slowest;
            if (row.Status != 200 || row.Json.GetProperty("items")[0].GetProperty("resumeFrom").GetDouble() != _place)
                _wrong.Add($"{row}");
            Interlocked.Increment(ref _reads);
            await Task.Delay(_pace);
        }
    }
}
