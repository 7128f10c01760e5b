using System.Text;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>What a device kept while it was offline, some of which may be no good.</summary>
public sealed class JournalTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("\"no title\"")]
    [InlineData("\"00000000-0000-0000-0000-000000000000\"")]
    [InlineData("17")]
    [InlineData("[]")]
    public async Task A_report_of_what_is_no_title_is_told_so_beside_the_good_ones(string contentId)
    {
        var answer = await PostAsync(Report, Report.With("contentId", contentId));

        Assert.True(answer.Status == 200, $"{answer}");
        var results = answer.Json.GetProperty("results");
        Assert.Equal("applied", results[0].GetProperty("outcome").GetString());
        Assert.Equal("invalid", results[1].GetProperty("outcome").GetString());
        Assert.Equal("contentId", results[1].GetProperty("fault").GetProperty("field").GetString());
        Assert.False(results[1].TryGetProperty("contentId", out _));
    }

    private Task<Answer> PostAsync(params ReportBody[] reports)
    {
        var watchedAt = $"\"{Iso(Now)}\"";
        var items = string.Join(", ", reports.Select(report => $"{report.With("watchedAt", watchedAt)}"));
        return Service.SendAsync(HttpMethod.Post, "/users/me/reports", Token, new StringContent($$"""{"sentAt": {{watchedAt}}, "reports": [{{items}}]}""", Encoding.UTF8, "application/json"));
    }
}
