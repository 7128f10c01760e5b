using System.Diagnostics.CodeAnalysis;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains;

/// <summary>
/// How many connections to Postgres one kind of work holds at a time: a flood of what is seldom needed must not take those of commits.
/// </summary>
/// <param name="work">What it is, for messages: <c>catalogue</c>.</param>
/// <param name="most">How many.</param>
/// <param name="patience">How long somebody waits for one.</param>
/// <param name="time">The clock of that wait.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing.")]
public sealed class ConnectionLimit(string work, int most, TimeSpan patience, TimeProvider time)
{
    private readonly SemaphoreSlim _free = new(most);

    /// <summary>Runs <paramref name="call"/> when a connection is free for it.</summary>
    /// <exception cref="StorageUnavailableException">None came free in time; nothing was done.</exception>
    public async Task RunAsync(Func<Task> call)
    {
        await EnterAsync();
        try
        {
            await call();
        }
        finally
        {
            _free.Release();
        }
    }

    private async ValueTask EnterAsync()
    {
        if (_free.Wait(0, CancellationToken.None))
        {
            return;
        }

        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            await _free.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever has waited so long is told so, and comes again.
            throw new StorageUnavailableException($"All {most} connections of the {work} were taken for {patience.TotalSeconds} s.");
        }
    }
}
