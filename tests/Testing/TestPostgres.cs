namespace ContinueWatching.Testing;

/// <summary>The live Postgres of a test process: one server, started when first asked for, and a fresh database per call.</summary>
public static class TestPostgres
{
    private static readonly Lazy<Task<TestPostgresServer>> Server = new(StartAsync);

    /// <summary>An empty database that nobody else knows. Fails when there is no Postgres.</summary>
    public static async Task<TestDatabase> CreateDatabaseAsync()
    {
        var server = await Server.Value;
        return await TestDatabase.CreateAsync(server.ConnectionString);
    }

    private static async Task<TestPostgresServer> StartAsync()
    {
        var server = await TestPostgresServer.StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Abandon();
        return server;
    }
}
