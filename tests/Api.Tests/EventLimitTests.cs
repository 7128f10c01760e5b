using System.Diagnostics;
using System.Net;
using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Api.Tests;

/// <summary>A service that takes two streams, asks quickly whether they are still read, and speaks HTTP/2 besides.</summary>
public sealed class EventLimitTests : IAsyncLifetime
{
    private static readonly TimeSpan _keepAlive = TimeSpan.FromSeconds(1);

    private readonly TestTokens _tokens = new();
    private readonly string _user = $"user-{Guid.NewGuid():N}";
    private TestDatabase? _database;
    private TestService? _service;

    private TestService Service => _service!;

    private string Token => _tokens.Of(_user);

    private IUserGrain Grain => Service.Grains.GetUser(UserId.Parse(_user));

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        _service = await TestService.StartAsync(_database.ConnectionString,
        [
            .. _tokens.Configuration,
            "Api:MaxEventStreams=2",
            "Api:EventRenewal=00:00:01",
            $"Api:EventKeepAlive={_keepAlive:c}",
            "Kestrel:EndpointDefaults:Protocols=Http2",
        ]);
        (Service.Http.DefaultRequestVersion, Service.Http.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        Service.Logs.Take();
    }

    public async Task DisposeAsync()
    {
        await _service!.DisposeAsync();
        Assert.DoesNotContain(Service.Logs.Take(), line => line.Level >= LogLevel.Warning || line.Exception is not null);
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task A_process_that_has_all_the_streams_it_may_have_says_so_and_takes_the_next_when_one_has_gone()
    {
        using var first = await OpenAsync();
        using (await OpenAsync())
        {
            var refused = await Service.GetAsync("/users/me/events", Token);

            Problem.Assert(refused, 503);
            Assert.NotNull(refused.Header("Retry-After"));
        }

        using var next = await OpenAnywayAsync(() => Task.CompletedTask);
    }

    [Fact]
    public async Task A_silent_stream_is_kept_alive_and_what_is_renewed_is_not_told_again()
    {
        using var events = await OpenAsync();
        await events.NextAsync("row");

        // As many renewals: nothing but a report is an event.
        await events.SilenceAsync(keepAlives: 3);
        await ReportAsync(Guid.NewGuid(), 100);

        await events.NextAsync("position");
    }

    [Fact]
    public async Task Who_does_not_read_is_cut_off_and_others_hear_on()
    {
        using var slow = await OpenAsync();
        using var quick = await OpenAsync();
        var last = Guid.NewGuid();
        var heard = UntilAsync(quick, last);

        // Until all the buffers in between are full, and the slow one's place is another's to take.
        using var third = await OpenAnywayAsync(ReportManyAsync);

        await Assert.ThrowsAnyAsync<IOException>(() => UntilAsync(slow, last));
        await ReportAsync(last, 200);
        await heard.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_service_that_stops_ends_its_streams_at_once()
    {
        using var events = await OpenAsync();
        await events.NextAsync("row");
        var clock = Stopwatch.StartNew();

        var stop = Service.DisposeAsync();

        Assert.Null(await events.ReadAsync());
        await stop;
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private Task<LiveEvents> OpenAsync() => LiveEvents.OpenAsync(Service.Http.BaseAddress!, Token, version: HttpVersion.Version20);

    // As soon as there is room.
    private async Task<LiveEvents> OpenAnywayAsync(Func<Task> meanwhile)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await OpenAsync();
            }
            catch (HttpRequestException full) when (full.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                patience.Token.ThrowIfCancellationRequested();
                await meanwhile();
            }
        }
    }

    private static async Task UntilAsync(LiveEvents events, Guid title)
    {
        while (!$"{await events.ReadAsync() ?? throw new InvalidOperationException("It has ended.")}".Contains($"{title}", StringComparison.Ordinal))
        {
        }
    }

    private Task<ReportResult> ReportAsync(Guid title, double place) => Grain.ReportAsync(Report(title, place));

    private async Task ReportManyAsync() =>
        await Grain.ReportBatchAsync([.. Enumerable.Range(0, Limits.TitlesInChange).Select(_ => Report(Guid.NewGuid(), 100))]);

    private static Report Report(Guid title, double place) =>
        new(new ContentId(title), TimeSpan.FromSeconds(place), TimeProvider.System.GetUtcNow())
        {
            DeviceId = DeviceId.Parse(new string('d', DeviceId.MaxLength)),
        };
}
