using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Testing;

/// <summary>Keeps what a service logs, at the levels that it logs in production.</summary>
public sealed class TestLogs : ILoggerProvider
{
    private ConcurrentQueue<LogLine> _lines = new();

    /// <summary>All lines since the last call.</summary>
    public IReadOnlyList<LogLine> Take() => [.. Interlocked.Exchange(ref _lines, new ConcurrentQueue<LogLine>())];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(TestLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs._lines.Enqueue(new LogLine(logLevel, category, formatter(state, exception), exception));
    }
}

/// <summary>One line of a log, and the exception whose stack trace would stand below it.</summary>
public sealed record LogLine(LogLevel Level, string Category, string Message, Exception? Exception);
