using ContinueWatching.Storage;
using ContinueWatching.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Silo.Tests;

/// <summary>How often a silo looks whether it can serve, and how often it says so.</summary>
public sealed class SiloReadinessTests : IAsyncLifetime
{
    private static readonly TimeSpan _keptFor = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private TestDatabase _database = null!;
    private IHost _host = null!;

    private TestLogs Logs => (TestLogs)_host.Services.GetRequiredService<ILoggerProvider>();

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        var ports = ServiceProcess.FreePorts(2);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:Postgres", _database.ConnectionString)]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider, TestLogs>();
        builder.Services.AddStorage(builder.Configuration);
        builder.UseOrleans(silo => silo.UseLocalhostClustering(ports[0], ports[1]));
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_silo_looks_once_a_second_whoever_asks_and_logs_only_what_has_changed()
    {
        var readiness = ActivatorUtilities.CreateInstance<SiloReadiness>(_host.Services, _time);
        Assert.Null(await readiness.FindFaultAsync(default));

        await _database.LetInAsync(allowed: false);
        _time.Advance(_keptFor - TimeSpan.FromTicks(1));
        Assert.Null(await readiness.FindFaultAsync(default));
        for (var look = 0; look < 3; look++)
        {
            _time.Advance(_keptFor);
            Assert.StartsWith("Postgres does not answer: ", await readiness.FindFaultAsync(default), StringComparison.Ordinal);
        }

        await _database.LetInAsync(allowed: true);
        Assert.NotNull(await readiness.FindFaultAsync(default));
        for (var look = 0; look < 3; look++)
        {
            _time.Advance(_keptFor);
            Assert.Null(await readiness.FindFaultAsync(default));
        }

        Assert.Collection(
            Logs.Take().Where(line => line.Category == typeof(SiloReadiness).FullName),
            line => Assert.StartsWith("The silo is not ready: Postgres does not answer: ", line.Message, StringComparison.Ordinal),
            line => Assert.Equal((LogLevel.Information, "The silo is ready"), (line.Level, line.Message)));
    }
}
