using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace ContinueWatching.Cluster.Tests;

/// <summary>A signed-in user at one service, over REST.</summary>
internal sealed class Viewer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly string _user;

    public Viewer(Uri service, string user, string token)
    {
        _http = new HttpClient { BaseAddress = service, Timeout = _patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _user = user;
    }

    /// <summary>Signs in where whoever asks gets a token.</summary>
    public static async Task<Viewer> SignInAsync(Uri standalone, string user)
    {
        using var http = new HttpClient { BaseAddress = standalone, Timeout = _patience };
        using var answer = await http.PostAsJsonAsync("/dev/token", new { userId = user });
        var token = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return new Viewer(standalone, user, token.GetProperty("access_token").GetString()!);
    }

    public Task<HttpResponseMessage> ReportAsync(Guid title, double seconds) =>
        _http.PutAsJsonAsync("/updateWatchStatus", new { userId = _user, contentId = title, resumeFrom = seconds, deviceId = "tv" });

    /// <summary>A report of theirs is answered 200.</summary>
    public async Task AssertTakenAsync()
    {
        using var answer = await ReportAsync(Guid.NewGuid(), 10);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>A report of theirs is answered as it is while nobody can take it: send it again.</summary>
    public async Task AssertRefusedForNowAsync()
    {
        using var answer = await ReportAsync(Guid.NewGuid(), 10);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>The places, in seconds, of those titles that have one.</summary>
    public async Task<IReadOnlyDictionary<Guid, double>> WhereAsync(IEnumerable<Guid> titles)
    {
        var places = await _http.GetFromJsonAsync<JsonElement>($"/getWatchStatus?userId={_user}&contentId={string.Join(',', titles)}");
        return places.EnumerateArray().ToDictionary(
            place => place.GetProperty("contentId").GetGuid(), place => place.GetProperty("resumeFrom").GetDouble());
    }

    /// <summary>What the catalogue knows of a title.</summary>
    public Task<JsonElement> TitleAsync(Guid title) => _http.GetFromJsonAsync<JsonElement>($"/titles/{title}");

    public void Dispose() => _http.Dispose();
}
