using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>A silo's process with a database of its own, ready.</summary>
internal sealed class SiloAlone : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private SiloAlone(TestDatabase database, ServiceProcess process, Uri url) => (_database, Process, Url) = (database, process, url);

    public ServiceProcess Process { get; }

    public Uri Url { get; }

    public static async Task<SiloAlone> StartAsync(params (string Name, string? Value)[] settings)
    {
        var database = await TestPostgres.CreateDatabaseAsync();
        var ports = ServiceProcess.FreePorts(3);
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = database.ConnectionString,
            ["urls"] = $"http://127.0.0.1:{ports[0]}",
            ["Cluster__SiloPort"] = $"{ports[1]}",
            ["Cluster__GatewayPort"] = $"{ports[2]}",
            ["Cluster__AdvertisedAddress"] = "127.0.0.1",
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        var silo = new SiloAlone(database, ServiceProcess.Start("Silo", environment), new Uri(environment["urls"]!));
        try
        {
            await silo.Process.AnswersAsync(new Uri(silo.Url, "/health/ready"));
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await _database.DisposeAsync();
    }
}
