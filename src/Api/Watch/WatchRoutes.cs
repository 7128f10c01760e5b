using System.Collections.Immutable;
using System.Security.Claims;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Rates;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api.Watch;

/// <summary>The routes that players use: report a place, report many, ask for places.</summary>
internal static partial class WatchRoutes
{
    private static readonly string[] _reportMethods = [HttpMethods.Put, HttpMethods.Post];

    public static void MapWatch(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/updateWatchStatus", _reportMethods, UpdateWatchStatusAsync).Describe(UpdateWatchStatus);
        routes.MapGet("/getWatchStatus", GetWatchStatusAsync).Describe(GetWatchStatus);
        routes.MapPost("/users/{userId}/reports", PostJournalAsync).Describe(PostJournal);
    }

    // Durable: 200 means committed in Postgres.
    private static async Task<Results<Ok<ReportAnswer>, ProblemHttpResult>> UpdateWatchStatusAsync(
        HttpRequest request, ClaimsPrincipal principal, IGrainFactory grains, IOptions<ApiSettings> settings, TimeProvider time)
    {
        var receivedAt = time.GetUtcNow();
        var body = new ReportRequest();
        if (await JsonBody.ReadAsync(request, body, ReportRequest.ReadMember) is { } unreadable)
        {
            return unreadable;
        }

        if (body.FindMissing() is { } missing)
        {
            return Problems.BadRequest(missing);
        }

        var caller = new Caller(principal, settings.Value);
        if (!caller.MayActFor(body.User, out var user, out var refusal))
        {
            return refusal;
        }

        var device = body.Device ?? default;
        if (body.Device is null && caller.FindDevice(out device) is { } deviceFault)
        {
            return Problems.BadRequest(deviceFault);
        }

        var report = body.ToReport(device, receivedAt);
        if (report.FindFault() is { } fault)
        {
            return Problems.BadRequest(fault);
        }

        var result = await grains.GetUser(user).ReportAsync(report, request.HttpContext.RequestAborted);
        return TypedResults.Ok(ReportAnswer.Of(report.ContentId, result));
    }

    private static async Task<Results<Ok<WatchStatusAnswer[]>, ProblemHttpResult>> GetWatchStatusAsync(
        HttpRequest request, ClaimsPrincipal principal, IGrainFactory grains, IOptions<ApiSettings> settings)
    {
        var query = new WatchStatusRequest();
        if (await query.ReadAsync(request) is { } unreadable)
        {
            return unreadable;
        }

        if (query.FindMissing() is { } missing)
        {
            return Problems.BadRequest(missing);
        }

        if (!new Caller(principal, settings.Value).MayActFor(query.User, out var user, out var refusal))
        {
            return refusal;
        }

        var found = await grains.GetUser(user).GetWatchStatusAsync(query.Titles, request.HttpContext.RequestAborted);
        return TypedResults.Ok(Array.ConvertAll([.. found], WatchStatusAnswer.Of));
    }

    // Durable as one report is; what is wrong with one of them is told beside the others.
    private static async Task<Results<Ok<JournalAnswer>, ProblemHttpResult>> PostJournalAsync(
        [AsParameters] UserCall call, HttpRequest request, TimeProvider time)
    {
        var receivedAt = time.GetUtcNow();
        if (!call.TryGetUser(out var user, out var refusal))
        {
            return refusal;
        }

        var body = new JournalRequest();
        if (await JsonBody.ReadAsync(request, body, JournalRequest.ReadMember, JsonBody.MaxBatchBytes) is { } unreadable)
        {
            return unreadable;
        }

        if (body.FindFault() is { } fault)
        {
            return Problems.BadRequest(fault);
        }

        if (!RateLimits.TryTakeMore(request.HttpContext, body.Count, out refusal))
        {
            return refusal;
        }

        var caller = call.Caller;
        var entries = body.ToEntries(user, () => (caller.FindDevice(out var device) is { } claim ? (device, claim) : (device, null)), receivedAt).ToArray();
        var valid = entries.Where(entry => entry.Fault is null).Select(entry => entry.Report!).ToImmutableArray();
        var results = valid.IsEmpty ? [] : await call.Grains.GetUser(user).ReportBatchAsync(valid, request.HttpContext.RequestAborted);
        var next = 0;
        return TypedResults.Ok(new JournalAnswer(
            Array.ConvertAll(entries, entry => entry.Fault is { } wrong
                ? JournalItem.Invalid(entry.ContentId, wrong)
                : JournalItem.Of(entry.Report!.ContentId, results[next++])),
            results.IsEmpty ? null : results[^1].NextReportIn.TotalSeconds));
    }
}
