using System.Reflection;
using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Rates;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace ContinueWatching.Api.Users;

/// <summary>
/// Reads an import while it comes and hands it to the grain in chunks, and tells after each how far it has come: a line of JSON. What
/// was told is committed; should it end early, the same again does no harm.
/// </summary>
internal sealed class Import(IUserGrain grain, TimeProvider time, int maxTitles) : IResult, IEndpointMetadataProvider
{
    // Each may hold some 10 MB (a chunk of the largest entries, and which titles it has seen), though most hold a tenth of it. So many that a few
    // who dawdle keep nobody out.
    private static readonly SemaphoreSlim _atOnce = new(64);

    private readonly HashSet<ContentId> _seen = [];
    private readonly List<TitleRecord> _titles = [];
    private readonly List<WatchlistRecord> _watchlist = [];
    private int _read;
    private int _titlesStored;
    private int _changed;
    private int _onWatchlist;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ImportAnswer), ["application/x-ndjson"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (!_atOnce.Wait(0, CancellationToken.None))
        {
            await httpContext.RequestServices.GetRequiredService<Unavailable>().WriteUnavailableAsync(httpContext, ApiInstruments.Busy);
            return;
        }

        try
        {
            await TakeAllAsync(httpContext);
        }
        finally
        {
            _atOnce.Release();
        }
    }

    private async Task TakeAllAsync(HttpContext httpContext)
    {
        var problem = await RunAsync(httpContext);
        if (problem is null)
        {
            await TellAsync(httpContext, done: true);
        }
        else if (httpContext.Response.HasStarted)
        {
            await TellAsync(httpContext, done: false, new ImportProblem(problem.StatusCode, problem.ProblemDetails.Detail ?? ""));
        }
        else
        {
            await problem.ExecuteAsync(httpContext);
        }
    }

    private async Task<ProblemHttpResult?> RunAsync(HttpContext http)
    {
        var cancellationToken = http.RequestAborted;
        try
        {
            var entries = new ImportReader(http.Request.Body);
            while (await entries.ReadAsync(cancellationToken))
            {
                if (Take(entries.Current.Span) is { } fault)
                {
                    return Problems.BadRequest(fault.At("", _read - 1));
                }

                if (_titles.Count == Limits.TitlesInChunk || _watchlist.Count == Limits.Watchlist)
                {
                    // Each chunk costs what a batch does, and waits for it: a long import leaves room for the viewer's own requests.
                    await StoreAsync(cancellationToken);
                    await TellAsync(http, done: false);
                    await RateLimits.WaitForMoreAsync(http, Limits.TitlesInChunk, cancellationToken);
                }
            }

            if (entries.Fault is { } unreadable)
            {
                return Problems.BadRequest(unreadable);
            }

            await StoreAsync(cancellationToken);
            return null;
        }
        catch (JsonException exception)
        {
            return Problems.BadRequest(new Fault(
                "body", $"broken at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}", ImportReader.Allowed));
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problems.TooLarge(TransferRoutes.MaxImportBytes);
        }
        catch (Exception exception) when (http.Response.HasStarted && Unavailable.IsPassing(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The status is long sent. Before the first line it is a 503 like any other.
            return TypedResults.Problem(statusCode: StatusCodes.Status503ServiceUnavailable, detail: Unavailable.Detail);
        }
    }

    private Fault? Take(ReadOnlySpan<byte> json)
    {
        if (++_read > maxTitles + Limits.Watchlist + 1)
        {
            return new Fault("", $"entry number {_read}", $"{maxTitles} titles, {Limits.Watchlist} watchlist entries and a user at most");
        }

        var entry = new ImportEntry();
        if ((JsonBody.Parse(json, entry, ImportEntry.ReadMember) ?? entry.FindMissing()) is { } fault)
        {
            return fault;
        }

        var now = time.GetUtcNow() + Limits.ClockDifference;
        switch (entry.Type)
        {
            case ImportEntry.Title:
                if (entry.ToTitle(now, out var title) is { } wrongTitle)
                {
                    return wrongTitle;
                }

                if (!_seen.Add(title.ContentId))
                {
                    return new Fault("contentId", $"{title.ContentId}, given twice", "each title once");
                }

                _titles.Add(title);
                return _seen.Count <= maxTitles ? null : new Fault("", $"title number {_seen.Count}", $"{maxTitles} titles at most");
            case ImportEntry.Watchlist:
                if (entry.ToWatchlistRecord(now, out var record) is { } wrongRecord)
                {
                    return wrongRecord;
                }

                _watchlist.Add(record);
                return null;
            default:
                return null;
        }
    }

    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        if (_titles.Count > 0)
        {
            _changed += await grain.ImportAsync([.. _titles], cancellationToken);
            _titlesStored += _titles.Count;
            _titles.Clear();
        }

        if (_watchlist.Count > 0)
        {
            _onWatchlist += await grain.ImportWatchlistAsync([.. _watchlist], cancellationToken);
            _watchlist.Clear();
        }
    }

    private async Task TellAsync(HttpContext http, bool done, ImportProblem? problem = null)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = "application/x-ndjson; charset=utf-8";
        }

        var line = new ImportAnswer(_titlesStored, _changed, _onWatchlist, done, problem);
        await JsonSerializer.SerializeAsync(http.Response.Body, line, AnswerJson.Of<ImportAnswer>(), http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
