using System.Diagnostics;
using Xunit.Abstractions;

namespace ContinueWatching.Api.Tests;

/// <summary>How soon all is well again when Postgres is: within 2 s.</summary>
internal sealed class Recovery(ITestOutputHelper output)
{
    private static readonly TimeSpan _required = TimeSpan.FromSeconds(2);

    // A machine that runs tests has other things to do: several projects' at once, on two cores. The measured time is told.
    private const double Tolerance = 2;
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Waits until it is so, counted from when this was made: Postgres is well again.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            Assert.True(_clock.Elapsed < _required * Tolerance, $"Not within {_required * Tolerance}: {what}.");
            await Task.Delay(_interval);
        }

        output.WriteLine($"{what}: {_clock.Elapsed.TotalSeconds:0.00} s after Postgres was well again.");
        Assert.InRange(_clock.Elapsed, TimeSpan.Zero, _required * Tolerance);
    }
}
