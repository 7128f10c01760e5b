using ContinueWatching.Client;

namespace ContinueWatching.Api;

/// <summary>The API process's own way to the silos.</summary>
internal static class Cluster
{
    public static void AddClusterClient(this WebApplicationBuilder builder)
    {
        // The client starts when it has found a silo. Until then the process is alive, listens, and says that it is not ready.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        ListenOrStop.Decorate(builder.Services);
        builder.UseContinueWatching();
    }
}
