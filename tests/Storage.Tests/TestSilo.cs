using System.Collections.Concurrent;
using ContinueWatching.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>The storage of one silo, put together as the silo does it.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public TestSilo(string? connectionString, Action<StorageOptions>? configure = null, TimeProvider? time = null)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ConnectionStrings:Postgres", connectionString)])
            .Build();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Log));
        if (time is not null)
            services.AddSingleton(time);
        _services = services.Configure(configure ?? (_ => { })).AddStorage(configuration).BuildServiceProvider();
    }

    public LogLines Log { get; } = new();

    public IResumeStore Store => _services.GetRequiredService<IResumeStore>();

    public IUserStore Users => _services.GetRequiredService<IUserStore>();

    public CommitWriter Writer => _services.GetRequiredService<CommitWriter>();

    public ResumeLoader Loader => _services.GetRequiredService<ResumeLoader>();

    public DatabaseProbe Probe => _services.GetRequiredService<DatabaseProbe>();

    public Database Database => _services.GetRequiredService<Database>();

    public IHostedService Lifetime => _services.GetServices<IHostedService>().OfType<StorageLifetime>().Single();

    public ErasureSweep Sweep => _services.GetRequiredService<ErasureSweep>();

    public NpgsqlDataSource Source => _services.GetRequiredService<NpgsqlDataSource>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

/// <summary>What a silo's operator would read.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Written { get; } = [];

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith(nameof(ContinueWatching), StringComparison.Ordinal)
            ? this
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Written.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
