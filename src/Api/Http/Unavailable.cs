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
    private static readonly long _quietTicks = TimeSpan.FromSeconds(1).Ticks;
    private long _lastLine;

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
    public ValueTask<bool> WriteUnavailableAsync(HttpContext http, string reason = ApiInstruments.Busy)
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
        var now = time.GetUtcNow().UtcTicks;
        var last = Volatile.Read(ref _lastLine);
        if (now - last >= _quietTicks && Interlocked.CompareExchange(ref _lastLine, now, last) == last)
        {
            LogUnavailable(logger, exception.GetType().Name, exception.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Requests are answered 503 (one line a second): {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string exception, string reason);
}
