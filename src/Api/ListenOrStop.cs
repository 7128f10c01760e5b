using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace ContinueWatching.Api;

/// <summary>
/// The web server, which ends the start when it cannot listen: the host starts it together with the search for a silo, and would
/// tell of its failure only when a silo is found.
/// </summary>
internal sealed class ListenOrStop(IServer server, IHostApplicationLifetime lifetime) : IServer
{
    public IFeatureCollection Features => server.Features;

    /// <summary>Puts itself around the server that <paramref name="services"/> hold.</summary>
    public static void Decorate(IServiceCollection services)
    {
        var inner = services.Last(service => service.ServiceType == typeof(IServer)).ImplementationType!;
        services.AddSingleton<IServer>(provider => new ListenOrStop(
            (IServer)ActivatorUtilities.CreateInstance(provider, inner), provider.GetRequiredService<IHostApplicationLifetime>()));
    }

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        try
        {
            await server.StartAsync(application, cancellationToken);
        }
        catch (Exception)
        {
            // Whatever it was, nobody is to wait for a silo any more; the host hands the exception on.
            lifetime.StopApplication();
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose() => server.Dispose();
}
