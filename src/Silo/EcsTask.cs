using System.Net.Sockets;
using System.Net;
using System.Text.Json;

namespace ContinueWatching.Silo;

/// <summary>
/// On ECS each task has an address of its own, which its metadata endpoint tells: the one that a silo advertises when no other is configured.
/// </summary>
internal static partial class EcsTask
{
    private const string MetadataVariable = "ECS_CONTAINER_METADATA_URI_V4";
    private const string Address = $"{SiloSettings.Section}:{nameof(SiloSettings.AdvertisedAddress)}";

    // The endpoint is on this machine.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Configures the task's address, where there is a task and nothing else is configured.</summary>
    /// <returns>False when its metadata do not tell one; a line has said why.</returns>
    public static async Task<bool> TryFindAddressAsync(WebApplicationBuilder builder)
    {
        if (builder.Configuration[Address] is not null || builder.Configuration[MetadataVariable] is not { Length: > 0 } endpoint)
        {
            return true;
        }

        try
        {
            builder.Configuration[Address] = await AskAsync(endpoint);
            return true;
        }
        catch (Exception exception) when (exception
            is HttpRequestException or OperationCanceledException or JsonException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            // Nobody answers there, not in time, or something else: advertising a guess instead would split the cluster.
            using var logging = LoggerFactory.Create(log => log.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole());
            LogFailed(logging.CreateLogger(typeof(EcsTask).FullName!), endpoint, exception.Message, Address);
            return false;
        }
    }

    private static async Task<string> AskAsync(string endpoint)
    {
        // Never by way of a proxy that the task may use for the world outside.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = _patience };
        var metadata = await http.GetFromJsonAsync<Metadata>(endpoint);
        var text = metadata?.Networks?.FirstOrDefault()?.IPv4Addresses?.FirstOrDefault();
        return IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork
            ? text
            : throw new InvalidOperationException("Networks[0].IPv4Addresses[0] of the answer is no IPv4 address.");
    }

    [LoggerMessage(1, LogLevel.Critical, "Not started: the ECS task's metadata at {Endpoint} do not tell its address: {Reason} Set {Setting} instead.")]
    private static partial void LogFailed(ILogger logger, string endpoint, string reason, string setting);

    private sealed record Metadata(Network[]? Networks);

    private sealed record Network(string[]? IPv4Addresses);
}
