using System.Net;
using System.Net.Sockets;

namespace ContinueWatching.Standalone;

/// <summary>Which addresses the process listens on.</summary>
internal static class Addresses
{
    /// <summary>Where Standalone listens when nothing else is said.</summary>
    public const string Default = "http://localhost:8080";

    /// <summary>
    /// Whether nobody but this machine can reach what <paramref name="configuration"/> makes the process listen on. Endpoints
    /// configured in other ways than by URLs count as reachable: better a missing route than an open one.
    /// </summary>
    public static bool AreLoopback(IConfiguration configuration) =>
        !configuration.GetSection("Kestrel:Endpoints").Exists()
        && (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } urls
        && urls.All(IsLoopback);

    /// <summary>A TCP port on loopback that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsLoopback(string url)
    {
        var address = BindingAddress.Parse(url);
        return address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
