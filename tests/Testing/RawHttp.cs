using System.Net.Sockets;
using System.Text;

namespace ContinueWatching.Testing;

/// <summary>Requests byte by byte, for those that an HTTP client would mend or refuse to send.</summary>
public static class RawHttp
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends <paramref name="request"/> (whose last header is <c>Connection: close</c>) and reads until the server hangs up.</summary>
    public static async Task<string> SendAsync(Uri server, string request)
    {
        using var patience = new CancellationTokenSource(_patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), patience.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(patience.Token);
    }

    /// <summary>A GET of exactly <paramref name="target"/>.</summary>
    public static Task<string> GetAsync(Uri server, string target, string token) =>
        SendAsync(server, $"GET {target} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");

    /// <summary>Sends the beginning of a request, and then nothing more: the connection is reset, or closed in good order.</summary>
    public static async Task HangUpAsync(Uri server, string beginning, bool reset)
    {
        using var patience = new CancellationTokenSource(_patience);
        using var client = new TcpClient { LingerState = new LingerOption(reset, 0) };
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(beginning), patience.Token);
    }
}
