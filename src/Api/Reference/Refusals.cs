using Microsoft.OpenApi;

namespace ContinueWatching.Api.Reference;

/// <summary>One way in which requests are refused.</summary>
/// <param name="Status">The status.</param>
/// <param name="Name">Its name among the document's responses.</param>
/// <param name="Description">When it is answered.</param>
/// <param name="Type">What its body is.</param>
/// <param name="Example">One such body.</param>
internal sealed record Refusal(int Status, string Name, string Description, Type Type, string Example)
{
    /// <summary>Whether it says when to try again.</summary>
    public bool IsPassing => Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;
}

/// <summary>Every way in which requests are refused: problems (RFC 9457), whatever the client says that it accepts.</summary>
internal static class Refusals
{
    public static readonly Refusal BadRequest = Of(
        400, nameof(BadRequest), "Malformed or out of range. Names the field, what came and what is allowed.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.1", "title": "resumeFrom cannot be taken.", "status": 400,
         "detail": "resumeFrom was -1; allowed: 0 to 1000000 (seconds, not milliseconds).",
         "field": "resumeFrom", "value": "-1", "allowed": "0 to 1000000 (seconds, not milliseconds)"}
        """, typeof(FieldProblem));

    public static readonly Refusal Unauthorized = Of(
        401, nameof(Unauthorized), "No token, or one that is not good: expired, or not meant for this service.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.2", "title": "Unauthorized", "status": 401}
        """);

    public static readonly Refusal Forbidden = Of(
        403, nameof(Forbidden), "A good token, but another user's, or without the scope that is needed.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.4", "title": "Forbidden", "status": 403,
         "detail": "The token is another user's."}
        """);

    public static readonly Refusal NotFound = Of(
        404, nameof(NotFound), "It is not there.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.5", "title": "Not Found", "status": 404,
         "detail": "The catalogue does not know this title."}
        """);

    public static readonly Refusal Conflict = Of(
        409, nameof(Conflict), "It does not fit what is there.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.10", "title": "Conflict", "status": 409,
         "detail": "The watchlist has 1000 titles, as many as it may; take one off first."}
        """);

    public static readonly Refusal TooLarge = Of(
        413, nameof(TooLarge), "The body is larger than this route reads.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.14", "title": "Content Too Large", "status": 413,
         "detail": "The body may have 16384 bytes at most."}
        """);

    public static readonly Refusal NotJson = Of(
        415, nameof(NotJson), "The body is not called JSON, or not in UTF-8.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.16", "title": "Unsupported Media Type", "status": 415,
         "detail": "Content-Type was text/plain; allowed: application/json, in UTF-8."}
        """);

    public static readonly Refusal TooMany = Of(
        429, nameof(TooMany), "Too many requests in a short time. Send it again after `Retry-After`.", """
        {"type": "https://tools.ietf.org/html/rfc6585#section-4", "title": "Too Many Requests", "status": 429}
        """);

    public static readonly Refusal Failed = Of(
        500, nameof(Failed), "A fault of the service's own. Nothing that a client sends should cause it.", """
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.6.1", "status": 500,
         "title": "An error occurred while processing your request."}
        """);

    public static readonly Refusal Unavailable = Of(
        503,
        nameof(Unavailable),
        "Postgres or the cluster cannot take it now. Nothing is lost: send it again after `Retry-After`; a report that "
            + "waits then carries `watchedAt` and `sentAt`.",
        $$"""
        {"type": "https://tools.ietf.org/html/rfc9110#section-15.6.4", "title": "Service Unavailable", "status": 503,
         "detail": "{{Http.Unavailable.Detail}}"}
        """);

    public static readonly IReadOnlyList<Refusal> All =
        [BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, NotJson, TooMany, Failed, Unavailable];

    /// <summary>The refusal as a response of the document.</summary>
    public static OpenApiResponse ToResponse(this Refusal refusal, IOpenApiSchema schema) => new()
    {
        Description = refusal.Description,
        Headers = refusal.IsPassing ? new Dictionary<string, IOpenApiHeader> { ["Retry-After"] = Words.RetryAfter }
            : refusal == Unauthorized ? new Dictionary<string, IOpenApiHeader> { ["WWW-Authenticate"] = Words.Challenge }
            : null,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new() { Schema = schema, Example = refusal.Example.ToExample() },
        },
    };

    private static Refusal Of(int status, string name, string description, string example, Type? type = null) =>
        new(status, name, description, type ?? typeof(Problem), example);
}

/// <summary>Why a request is refused.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record Problem(string? Type, string Title, int Status, string? Detail, string? TraceId);

/// <summary>Why a request is refused that is malformed or out of range.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record FieldProblem(
    string? Type, string Title, int Status, string Detail, string Field, string Value, string Allowed, string? TraceId);
