namespace ContinueWatching.Standalone;

/// <summary>Why the embedded Postgres could not be found, started or stopped, in words for the one who started it.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    /// <summary>A failure with its reason.</summary>
    public EmbeddedPostgresException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its reason and what led to it.</summary>
    public EmbeddedPostgresException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
