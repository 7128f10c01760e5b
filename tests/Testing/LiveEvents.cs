using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ContinueWatching.Testing;

/// <summary>An app that reads a user's server-sent events, one by one as a test wants them.</summary>
public sealed class LiveEvents : IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private readonly TimeSpan _patience;

    private LiveEvents(HttpClient http, HttpResponseMessage response, Stream body, TimeSpan patience)
    {
        (_http, _response, _reader, _patience) = (http, response, new StreamReader(body), patience);
    }

    /// <summary>The answer's head.</summary>
    public HttpResponseMessage Head => _response;

    /// <summary>Opens the stream of a token's user, or another path; an event may be waited for as long as the patience lasts.</summary>
    /// <exception cref="HttpRequestException">The answer is not 200.</exception>
    public static async Task<LiveEvents> OpenAsync(
        Uri service, string token, string path = "/users/me/events", Version? version = null, TimeSpan? patience = null)
    {
        // A connection of its own, with the smallest window that there is in HTTP/2: what is not read soon stops the sender.
        var http = new HttpClient(new SocketsHttpHandler { InitialHttp2StreamWindowSize = 65_535 }) { BaseAddress = service };
        var limit = patience ?? TimeSpan.FromSeconds(30);
        using var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var bounded = new CancellationTokenSource(limit);
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token);
            var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(bounded.Token);
            return new LiveEvents(http, response, body, limit);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>The next event; null when the stream has ended.</summary>
    /// <exception cref="TimeoutException">None comes in time.</exception>
    /// <exception cref="IOException">The server has broken the stream off.</exception>
    public async Task<ServerEvent?> ReadAsync()
    {
        using var bounded = new CancellationTokenSource(_patience);
        var fields = new Dictionary<string, string>();
        try
        {
            while (await _reader.ReadLineAsync(bounded.Token) is { } line)
            {
                if (line.Length == 0 && fields.Count > 0)
                    return new ServerEvent(fields["event"], fields["id"], JsonDocument.Parse(fields["data"]).RootElement);
                if (line.Length > 0 && line[0] != ':')
                    fields.Add(line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("No event came.");
        }
    }

    /// <summary>Reads as many comments, and nothing else.</summary>
    public async Task SilenceAsync(int keepAlives)
    {
        using var bounded = new CancellationTokenSource(_patience);
        while (keepAlives > 0)
        {
            var line = await _reader.ReadLineAsync(bounded.Token);
            keepAlives -= line switch
            {
                [] => 0,
                [':', ..] => 1,
                _ => throw new InvalidOperationException($"A comment was due, and {line} came."),
            };
        }
    }

    /// <summary>The next event, which has this name; or with other events in between, the first one that has.</summary>
    public async Task<ServerEvent> NextAsync(string name, bool skipOthers = false)
    {
        while (true)
        {
            var next = await ReadAsync() ?? throw new EndOfStreamException("The stream has ended.");
            if (next.Name == name)
                return next;
            if (!skipOthers)
                throw new InvalidOperationException($"A {name} was due, and {next} came.");
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
        _http.Dispose();
    }
}

/// <summary>One event of a stream.</summary>
public sealed record ServerEvent(string Name, string Id, JsonElement Data)
{
    /// <summary>The titles of a row.</summary>
    public IEnumerable<Guid> Titles => Data.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("contentId").GetGuid());

    /// <summary>The title of a position.</summary>
    public Guid Title => Data.GetProperty("contentId").GetGuid();

    /// <summary>The place of a position.</summary>
    public double ResumeFrom => Data.GetProperty("resumeFrom").GetDouble();

    public override string ToString() => $"{Name} {Id} {Data}";
}
