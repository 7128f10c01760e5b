using System.Diagnostics;
using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>How many batched statements a database is sent, as Npgsql's traces tell.</summary>
internal sealed class StatementCount : IDisposable
{
    private readonly ActivityListener _listener;
    private int _count;

    public StatementCount(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                var tags = activity.TagObjects.Select(tag => tag.Value as string).ToArray();
                if (tags.Contains(database) && tags.Any(text => text?.Contains("unnest(", StringComparison.Ordinal) == true))
                    Interlocked.Increment(ref _count);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public int Value => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
