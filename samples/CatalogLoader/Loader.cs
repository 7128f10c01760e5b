using ContinueWatching.Contracts;

namespace ContinueWatching.CatalogLoader;

/// <summary>Stores the titles of a file, a line each, so many at a time; a line that can't be taken is told and does not stop the others.</summary>
internal sealed class Loader(IGrainFactory grains, TimeProvider time, string path)
{
    // Each is a commit of its own on the silos' connections, which viewers need too.
    private const int AtOnce = 16;

    // Storing is idempotent, so that a silo that is lost or a Postgres that starts again costs a moment, not the run.
    private const int MaxAttempts = 5;
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly long _startedAt = time.GetTimestamp();
    private int _stored;
    private int _failed;

    /// <summary>How many lines were not stored.</summary>
    public int Failed => _failed;

    public string Summary =>
        $"{_stored} of {_stored + _failed} titles stored in {time.GetElapsedTime(_startedAt).TotalSeconds:0.0} s.";

    public Task RunAsync(CancellationToken cancellationToken)
    {
        var lines = File.ReadLines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item));
        var bounded = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(lines, bounded, async (line, token) => await TakeAsync(line.Index + 1, line.Item, token));
    }

    private async Task TakeAsync(int number, string line, CancellationToken cancellationToken)
    {
        var fault = TitleLine.TryParse(line, out var title, out var unreadable) ? await StoreAsync(title, cancellationToken) : unreadable;
        if (fault is null)
        {
            Interlocked.Increment(ref _stored);
            return;
        }

        Interlocked.Increment(ref _failed);
        await Console.Error.WriteLineAsync($"{path}:{number}: {fault}");
    }

    private async Task<string?> StoreAsync(Title title, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await grains.GetTitle(title.ContentId).SetAsync(title, cancellationToken);
                return null;
            }
            catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or OrleansException)
            {
                // Postgres or a silo is away for now.
                if (attempt == MaxAttempts)
                {
                    return $"not stored, after {MaxAttempts} attempts: {exception.Message}";
                }
            }

            await Task.Delay(_pause, time, cancellationToken);
        }
    }
}
