using System.Net;
using System.Net.Sockets;

namespace ContinueWatching.Bench.Load;

/// <summary>
/// One kept-open HTTP/1.1 connection, one request at a time. By hand, since the machine is shared: a request costs the driver a write, a
/// read and a look at the answer's head.
/// </summary>
internal sealed class Connection(int port) : IDisposable
{
    private const int BufferSize = 4 * 1024;
    private const int LargestAnswer = 4 * 1024 * 1024;

    private Socket? _socket;
    private byte[] _buffer = new byte[BufferSize];
    private Response _response;

    /// <summary>The body of the last answer.</summary>
    public byte[] Body => ResponseReader.Body(_buffer, _response);

    public async Task OpenAsync()
    {
        _socket?.Dispose();
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <exception cref="IOException">The server closed the connection; <see cref="OpenAsync"/> opens it again.</exception>
    /// <exception cref="SocketException">It broke.</exception>
    public async ValueTask<Response> AskAsync(ReadOnlyMemory<byte> request)
    {
        var socket = _socket ?? throw new IOException("The connection is not open.");
        for (var sent = 0; sent < request.Length;)
            sent += await socket.SendAsync(request[sent..], SocketFlags.None);
        var received = 0;
        do
        {
            if (received == _buffer.Length)
                Array.Resize(ref _buffer, received < LargestAnswer ? received * 2 : throw new IOException("An answer without an end."));
            var count = await socket.ReceiveAsync(_buffer.AsMemory(received), SocketFlags.None);
            received += count > 0 ? count : throw new IOException("The server closed the connection.");
        }
        while (!ResponseReader.TryRead(_buffer.AsSpan(0, received), out _response));
        return _response.Length == received ? _response : throw new IOException("More came than an answer.");
    }

    public void Dispose() => _socket?.Dispose();
}
