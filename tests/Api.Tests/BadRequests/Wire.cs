using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>An answer as it came; its header names in lower case.</summary>
internal sealed record WireAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? ContentType => Headers.GetValueOrDefault("content-type");

    /// <summary>Whether the server gave the connection up.</summary>
    public bool Closes => Headers.GetValueOrDefault("connection") == "close";

    public override string ToString() => $"{Status} {ContentType} {Body}";
}

/// <summary>Sends bytes that no HTTP client would, over connections that are kept while the server keeps them.</summary>
internal sealed class Wire(Uri server)
{
    // A service that does not answer in this time hangs.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);
    private readonly ConcurrentBag<WireConnection> _idle = [];

    /// <summary>Sends one whole request.</summary>
    /// <returns>Its answer; null when the server hung up without any.</returns>
    public async Task<WireAnswer?> SendAsync(byte[] request, bool isHead)
    {
        using var patience = new CancellationTokenSource(_patience);
        if (_idle.TryTake(out var kept) && await SendAsync(kept, request, isHead, patience.Token) is { } answer)
            return answer;

        // A kept connection may have been closed meanwhile.
        return await SendAsync(await WireConnection.OpenAsync(server, patience.Token), request, isHead, patience.Token);
    }

    /// <summary>Sends what is no request, or more than one, and then nothing more.</summary>
    /// <returns>All that the server has to say until it hangs up.</returns>
    public async Task<string> SendBrokenAsync(byte[] bytes)
    {
        using var patience = new CancellationTokenSource(_patience);
        using var connection = await WireConnection.OpenAsync(server, patience.Token);
        return await connection.SendAllAsync(bytes, patience.Token);
    }

    public void Close()
    {
        foreach (var connection in _idle)
            connection.Dispose();
    }

    private async Task<WireAnswer?> SendAsync(WireConnection connection, byte[] request, bool isHead, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await connection.SendAsync(request, isHead, cancellationToken);
            if (answer.Closes)
                connection.Dispose();
            else
                _idle.Add(connection);
            return answer;
        }
        catch (IOException)
        {
            connection.Dispose();
            return null;
        }
    }
}

/// <summary>One connection, and an HTTP client of the fewest words.</summary>
internal sealed class WireConnection : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private NetworkStream _stream = null!;
    private int _start;
    private int _end;

    public static async Task<WireConnection> OpenAsync(Uri server, CancellationToken cancellationToken)
    {
        var connection = new WireConnection();
        await connection._client.ConnectAsync(server.Host, server.Port, cancellationToken);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <exception cref="IOException">The server hung up.</exception>
    public async Task<WireAnswer> SendAsync(byte[] request, bool isHead, CancellationToken cancellationToken)
    {
        // Together: the server may answer before it has read everything.
        var write = _stream.WriteAsync(request, cancellationToken).AsTask();
        var answer = await ReadAnswerAsync(isHead, cancellationToken);
        try
        {
            await write;
        }
        catch (IOException) when (answer.Closes)
        {
            // It needed no more of it.
        }

        return answer;
    }

    public async Task<string> SendAllAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        var said = new MemoryStream();
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken);
            _client.Client.Shutdown(SocketShutdown.Send);
            await _stream.CopyToAsync(said, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // A reset: the server had heard enough.
        }

        return Encoding.UTF8.GetString(said.ToArray());
    }

    public void Dispose() => _client.Dispose();

    private async Task<WireAnswer> ReadAnswerAsync(bool isHead, CancellationToken cancellationToken)
    {
        int status;
        Dictionary<string, string> headers = [];
        do
        {
            status = int.Parse((await ReadLineAsync(cancellationToken)).Split(' ')[1], CultureInfo.InvariantCulture);
            while (await ReadLineAsync(cancellationToken) is { Length: > 0 } line)
                headers[line[..line.IndexOf(':', StringComparison.Ordinal)].ToLowerInvariant()] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        while (status < 200);

        var body = new MemoryStream();
        if (!isHead && status is not (204 or 304))
            await ReadBodyAsync(headers, body, cancellationToken);
        return new WireAnswer(status, headers, Encoding.UTF8.GetString(body.ToArray()));
    }

    private async Task ReadBodyAsync(Dictionary<string, string> headers, MemoryStream body, CancellationToken cancellationToken)
    {
        if (headers.TryGetValue("content-length", out var length))
        {
            await ReadAsync(int.Parse(length, CultureInfo.InvariantCulture), body, cancellationToken);
            return;
        }

        if (!headers.ContainsKey("transfer-encoding"))
            return;
        int chunk;
        do
        {
            chunk = int.Parse(await ReadLineAsync(cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            await ReadAsync(chunk, body, cancellationToken);
            await ReadLineAsync(cancellationToken);
        }
        while (chunk > 0);
    }

    private async Task ReadAsync(int count, MemoryStream into, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (_start == _end)
                await FillAsync(cancellationToken);
            var taken = Math.Min(count, _end - _start);
            into.Write(_buffer, _start, taken);
            (_start, count) = (_start + taken, count - taken);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
                await FillAsync(cancellationToken);
            var octet = (char)_buffer[_start++];
            if (octet == '\n')
                return line.ToString();
            if (octet != '\r')
                line.Append(octet);
        }
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        (_start, _end) = (0, await _stream.ReadAsync(_buffer, cancellationToken));
        if (_end == 0)
            throw new EndOfStreamException("The server hung up.");
    }
}
