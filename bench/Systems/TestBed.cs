namespace ContinueWatching.Bench.Systems;

/// <summary>What all systems of a run share: one Postgres, and where their telemetry goes.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    private TestBed(BenchPostgres postgres, TelemetrySink telemetry) => (Postgres, Telemetry) = (postgres, telemetry);

    public BenchPostgres Postgres { get; }

    public TelemetrySink Telemetry { get; }

    public static async Task<TestBed> StartAsync() => new(await BenchPostgres.StartAsync(), await TelemetrySink.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await Telemetry.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
