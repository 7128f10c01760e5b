using System.Text.Json;
using System.Text.RegularExpressions;
using ContinueWatching.Testing;
using CsCheck;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>
/// Everything bad that can be sent, to every route, at random: never a fault of the service, never a word of another user, and afterwards it
/// answers as before. One that fails is told in full, with the seed that makes it again (<c>CsCheck_Seed=…</c>).
/// </summary>
public sealed partial class BadRequestTests : IAsyncLifetime
{
    private const int Requests = 20_000;
    private const int Workers = 6;

    private readonly TestTokens _tokens = new();
    private TestDatabase _database = null!;
    private TestService _service = null!;
    private Wire _wire = null!;
    private Victim _victim = null!;

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        _service = await TestService.StartAsync(_database.ConnectionString, _tokens.Configuration);
        _wire = new Wire(_service.Http.BaseAddress!);
        _victim = await Victim.CreateAsync(_service, _tokens);
        _service.Logs.Take();
    }

    public async Task DisposeAsync()
    {
        _wire.Close();
        await _service.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_is_sent_wherever_the_service_stays_up_and_nobody_sees_or_changes_what_is_anothers()
    {
        var targets = Target.Of(_service.Endpoints);
        Assert.True(targets.Length > 20, "The routes were not found.");
        var attacks = new Attacks(targets, _tokens);
        var before = await _victim.ExportAsync();

        await Gen.Frequency((49, attacks.Bad), (1, attacks.Good))
            .SampleAsync(SendAsync, iter: Requests, threads: Workers, print: attack => $"{attack}");

        Assert.Equal(before, await _victim.ExportAsync());
        await AnswersNormallyAsync();
        AssertNothingLogged();
    }

    private async Task SendAsync(Attack attack)
    {
        if (attack.IsWhole)
        {
            var answer = await _wire.SendAsync(attack.Bytes, attack.IsHead);

            // It may reset a connection whose request it did not read to its end, and what it answered is lost.
            Assert.True(answer is not null || attack.Bytes.AsSpan().IndexOf("Content-Length"u8) > 0, "There was no answer.");
            if (answer is not null)
                AssertGood(attack, answer);
        }
        else
        {
            var said = await _wire.SendBrokenAsync(attack.Bytes);
            Assert.DoesNotMatch(FaultOfOurs, said);
            AssertSaysNothing(said);
        }

        AssertNothingLogged();
    }

    private void AssertGood(Attack attack, WireAnswer answer)
    {
        Assert.True(answer.Status < 500, $"{answer}");
        Assert.True(attack.Expected != Expectation.Refusal || answer.Status >= 400, $"The token opened something: {answer}");

        // A title may be gone from the catalogue.
        var isServed = answer.Status is 200 or 204 || (answer.Status == 404 && attack.What == "good GET /titles/{contentId}");
        Assert.True(attack.Expected != Expectation.Success || isServed, $"A good one was refused: {answer}");
        AssertSaysNothing(string.Concat(answer.Headers.Values) + answer.Body);
        if (answer.Status < 400)
            return;

        // What is no HTTP is refused by the server itself, without a word, and the connection with it.
        if (answer.Body.Length == 0)
        {
            Assert.True(attack.IsHead || answer.Closes, $"A refusal without a reason: {answer}");
            return;
        }

        Assert.StartsWith("application/problem+json", answer.ContentType, StringComparison.Ordinal);
        Assert.Equal(answer.Status, JsonDocument.Parse(answer.Body).RootElement.GetProperty("status").GetInt32());
    }

    private void AssertSaysNothing(string text)
    {
        Assert.All(_victim.Canaries, canary => Assert.DoesNotContain(canary, text, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotMatch(Inside, text);
    }

    // Of whichever request it is, or of one beside it.
    private void AssertNothingLogged() =>
        Assert.DoesNotContain(_service.Logs.Take(), line => line.Level >= LogLevel.Warning || line.Exception is not null);

    private async Task AnswersNormallyAsync()
    {
        Assert.Equal(200, (await _service.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await _service.GetAsync("/health/ready")).Status);
        Assert.Equal(_victim.Row, await _victim.Viewer.RowTitlesAsync());
        var viewer = new Viewer(_service, _tokens);
        var title = Guid.NewGuid();
        Assert.Equal("applied", (await viewer.ReportAsync(title, 100)).Outcome);
        Assert.Equal(100, (await viewer.PlaceAsync(title))!.ResumeFrom);
        Assert.Equal(title, Assert.Single(await viewer.RowTitlesAsync()));
    }

    [GeneratedRegex(@"HTTP/1\.1 5(?!05 HTTP Version)\d\d ")]
    private static partial Regex FaultOfOurs { get; }

    [GeneratedRegex(@"   at |Exception|\b(System|Microsoft|Orleans|Npgsql|ContinueWatching)\.[A-Z]|SQLSTATE")]
    private static partial Regex Inside { get; }
}
