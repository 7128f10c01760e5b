using System.Diagnostics;
using Npgsql;

namespace ContinueWatching.Testing;

/// <summary>How many statements of a kind a database is sent, as Npgsql's traces tell.</summary>
public sealed class StatementCount : IDisposable
{
    private readonly ActivityListener _listener;
    private int _count;

    /// <summary>Counts from now on.</summary>
    /// <param name="connectionString">Of the database.</param>
    /// <param name="text">What the statements have in them: by default what batched ones have.</param>
    public StatementCount(string connectionString, string text = "unnest(")
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                var tags = activity.TagObjects.Select(tag => tag.Value as string).ToArray();
                if (tags.Contains(database) && tags.Any(tag => tag?.Contains(text, StringComparison.Ordinal) == true))
                    Interlocked.Increment(ref _count);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public int Value => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
