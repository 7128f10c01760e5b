using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ContinueWatching.Api.Http;

/// <summary>The refusals, as RFC 9457 problems.</summary>
internal static class Problems
{
    /// <summary>400: the request is malformed or out of range; names the field, what came and what is allowed.</summary>
    public static ProblemHttpResult BadRequest(Fault fault) => TypedResults.Problem(
        statusCode: StatusCodes.Status400BadRequest,
        title: $"{fault.Field} cannot be taken.",
        detail: fault.ToString(),
        extensions: [new("field", fault.Field), new("value", fault.Value), new("allowed", fault.Allowed)]);

    /// <summary>403: a good token, for something else.</summary>
    public static ProblemHttpResult Forbidden(string detail) =>
        TypedResults.Problem(statusCode: StatusCodes.Status403Forbidden, detail: detail);

    /// <summary>404: a good request, for what is not there.</summary>
    public static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(statusCode: StatusCodes.Status404NotFound, detail: detail);

    /// <summary>409: what is asked for does not fit what is there.</summary>
    public static ProblemHttpResult Conflict(string detail) =>
        TypedResults.Problem(statusCode: StatusCodes.Status409Conflict, detail: detail);

    /// <summary>413.</summary>
    public static ProblemHttpResult TooLarge(int limit) => TypedResults.Problem(
        statusCode: StatusCodes.Status413PayloadTooLarge, detail: $"The body may have {limit} bytes at most.");

    /// <summary>415.</summary>
    public static ProblemHttpResult NotJson(string? contentType) => TypedResults.Problem(
        statusCode: StatusCodes.Status415UnsupportedMediaType,
        detail: $"Content-Type was {(string.IsNullOrEmpty(contentType) ? "absent" : JsonBody.Shorten(contentType))}; allowed: application/json, in UTF-8.");

    /// <summary>429: the caller has used up what one may ask in a while; the header <c>Retry-After</c> says the same.</summary>
    public static ProblemHttpResult TooMany(long seconds) => TypedResults.Problem(
        statusCode: StatusCodes.Status429TooManyRequests,
        title: "Too many requests.",
        detail: $"Nothing was done. Try again after {seconds} s.");
}
