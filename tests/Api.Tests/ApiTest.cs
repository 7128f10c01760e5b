using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Api.Tests;

/// <summary>One service for all tests that leave it as it is.</summary>
public sealed class RunningService : IAsyncLifetime
{
    public TestTokens Tokens { get; } = new();

    public TestDatabase Database { get; private set; } = null!;

    public TestService Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await TestPostgres.CreateDatabaseAsync();
        Service = await TestService.StartAsync(Database.ConnectionString, Tokens.Configuration);
        Service.Logs.Take();
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Database.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class RunningServiceTests : ICollectionFixture<RunningService>
{
    public const string Name = "one service";
}

/// <summary>
/// A user nobody else knows, and a service whose log is looked at after each test: no client's mistake is worth a warning or a stack
/// trace.
/// </summary>
[Collection(RunningServiceTests.Name)]
public abstract class ApiTest(RunningService running) : IAsyncLifetime
{
    protected string User { get; } = $"user-{Guid.NewGuid():N}";

    protected Guid Title { get; } = Guid.NewGuid();

    protected string Token => Tokens.Of(User);

    protected TestTokens Tokens => running.Tokens;

    protected TestService Service => running.Service;

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual Task DisposeAsync()
    {
        Assert.DoesNotContain(Service.Logs.Take(), line => line.Level >= LogLevel.Warning || line.Exception is not null);
        return Task.CompletedTask;
    }

    /// <summary>A report that is good until a member is replaced.</summary>
    protected ReportBody Report =>
        new ReportBody().With("userId", $"\"{User}\"").With("contentId", $"\"{Title}\"").With("resumeFrom", "100");

    protected Task<Answer> PutAsync(ReportBody report, string? token = null) => PutAsync($"{report}", token);

    protected Task<Answer> PutAsync(string json, string? token = null) => Service.PutAsync("/updateWatchStatus", token ?? Token, json);

    protected Task<Answer> PutAsync(byte[] body, string? contentType, bool chunked = false) =>
        SendAsync(HttpMethod.Put, "/updateWatchStatus", body, contentType, chunked);

    protected Task<Answer> SendAsync(HttpMethod method, string path, byte[] body, string? contentType, bool chunked = false)
    {
        HttpContent content = chunked ? new StreamContent(new UnseekableStream(body)) : new ByteArrayContent(body);
        if (contentType is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return Service.SendAsync(method, path, Token, content);
    }

    protected Task<Answer> GetAsync(string path, string? token = null) => Service.GetAsync(path, token ?? Token);

    protected Task<Answer> AskAsync(string json, string? token = null) => Service.SendAsync(
        HttpMethod.Get, "/getWatchStatus", token ?? Token, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>The title's place as <c>getWatchStatus</c> tells it; null when there is none.</summary>
    protected async Task<JsonElement?> PlaceAsync(Guid? title = null, string? user = null)
    {
        var answer = await GetAsync($"/getWatchStatus?userId={user ?? User}&contentId={title ?? Title}", Tokens.OfService());
        Assert.Equal(200, answer.Status);
        return answer.Json.EnumerateArray().Select(place => (JsonElement?)place).SingleOrDefault();
    }

    /// <summary>Everything that is stored, of everybody: to be the same before and after.</summary>
    protected async Task<string> StoredAsync()
    {
        await using var command = running.Database.DataSource.CreateCommand(
            "select count(*) || ' rows, ' || coalesce(sum(hashtextextended(resume::text, 0)), 0) from resume");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The column of the one row that the user has.</summary>
    protected async Task<object?> StoredAsync(string column)
    {
        await using var command = running.Database.DataSource.CreateCommand($"select {column} from resume where user_id = $1");
        command.Parameters.Add(new() { Value = User });
        return await command.ExecuteScalarAsync();
    }

    /// <summary>The request is refused as it should be, and nothing was stored of it.</summary>
    protected async Task RefusesAsync(int status, string? field, Func<Task<Answer>> send)
    {
        var before = await StoredAsync();

        var answer = await send();

        Problem.Assert(answer, status, field);
        Assert.Equal(before, await StoredAsync());
    }

    protected static string Iso(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    protected static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    // A body whose length nobody knows before its end, so that it goes out in chunks.
    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
