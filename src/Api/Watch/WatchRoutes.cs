using System.Security.Claims;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api.Watch;

/// <summary>The routes of the journey: report a place, ask for places, ask for the row.</summary>
internal static class WatchRoutes
{
    private static readonly string[] _reportMethods = [HttpMethods.Put, HttpMethods.Post];

    public static void MapWatch(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/updateWatchStatus", _reportMethods, UpdateWatchStatusAsync);
        routes.MapGet("/getWatchStatus", GetWatchStatusAsync);
        routes.MapGet("/users/{userId}/continue-watching", GetRowAsync);
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

    private static async Task<Results<Ok<RowAnswer>, ProblemHttpResult>> GetRowAsync(
        string userId, HttpRequest request, ClaimsPrincipal principal, IGrainFactory grains, IOptions<ApiSettings> settings)
    {
        if (!UserTarget.TryParse(userId, out var target))
        {
            return Problems.BadRequest(new Fault("userId", JsonBody.Shorten(userId), UserTarget.Allowed));
        }

        if (!new Caller(principal, settings.Value).MayActFor(target, out var user, out var refusal))
        {
            return refusal;
        }

        var row = await grains.GetUser(user).GetRowAsync(request.HttpContext.RequestAborted);
        return TypedResults.Ok(RowAnswer.Of(row));
    }
}

/// <summary>How a device stands in an answer: the empty device not at all.</summary>
internal static class DeviceIds
{
    public static string? ToWire(this DeviceId device) => device.IsEmpty ? null : device.Value;
}
