using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Diagnostics;

namespace ContinueWatching.Api.Http;

/// <summary>
/// Answers what went wrong behind the API: 503 with Retry-After when Postgres or the cluster cannot take the request now, so that the
/// client sends it again; what remains is a fault of ours, 500 without a word about its inside.
/// </summary>
internal sealed partial class Unavailable(
    IProblemDetailsService problems, ApiInstruments instruments, TimeProvider time, ILogger<Unavailable> logger) : IExceptionHandler
{
    /// <summary>What is said to whoever is not served.</summary>
    public const string Detail = "It cannot be taken now. Nothing is lost: send it again.";

    private const int RetryAfterSeconds = 1;
    private readonly OncePerSecond _line = new(time);

    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is BadHttpRequestException malformed)
        {
            return await WriteAsync(http, malformed.StatusCode, malformed.Message);
        }

        // Kestrel's word for a chunk longer than any number that it counts in (Http1ChunkedEncodingMessageBody): malformed like the others.
        if (exception is IOException { InnerException: OverflowException } endless)
        {
            return await WriteAsync(http, StatusCodes.Status400BadRequest, endless.Message);
        }

        if (!IsPassing(exception))
        {
            return false;
        }

        LogOncePerSecond(exception);
        return await WriteUnavailableAsync(http, exception.GetType().Name);
    }

    /// <summary>Answers 503: the request was not taken.</summary>
    /// <param name="http">The request.</param>
    /// <param name="reason">Why, for those who count: the name of an exception, or one of <see cref="ApiInstruments"/>.</param>
    public ValueTask<bool> WriteUnavailableAsync(HttpContext http, string reason)
    {
        instruments.Unavailable(reason);
        http.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        return WriteAsync(http, StatusCodes.Status503ServiceUnavailable, Detail);
    }

    /// <summary>
    /// Whether this is what a caller of grains meets while Postgres is away, or a silo is lost, joins or is overloaded. A timeout is an
    /// unknown outcome, and every call is idempotent.
    /// </summary>
    public static bool IsPassing(Exception exception) => exception
        is StorageUnavailableException or TimeoutException or OrleansException or OperationCanceledException;

    /// <summary>What a log says of it: the first line. Orleans puts whole stack traces into its messages.</summary>
    public static string Reason(Exception exception) => exception.Message.Split('\n', 2)[0].TrimEnd();

    private ValueTask<bool> WriteAsync(HttpContext http, int status, string detail)
    {
        http.Response.StatusCode = status;
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = http,
            ProblemDetails = { Status = status, Detail = detail },
        });
    }

    private void LogOncePerSecond(Exception exception)
    {
        if (_line.IsFirst())
        {
            LogUnavailable(logger, exception.GetType().Name, Reason(exception));
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Requests are answered 503 (one line a second): {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string exception, string reason);
}
