using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.RateLimiting;
using ContinueWatching.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ContinueWatching.Api.Rates;

/// <summary>
/// The token buckets of this process: a user's, a service's, and an address's for requests without a good token.
/// </summary>
/// <remarks>
/// The library fills them evenly, every 100 ms, and drops those that have been full for 10 s: memory holds the callers of the last
/// seconds, and who comes back finds a full bucket either way.
/// </remarks>
internal sealed class RateLimits : IDisposable
{
    private const int ItemsPerPermit = 10;
    private const int Attempts = 3;

    // The library's own step.
    private static readonly TimeSpan _filling = TimeSpan.FromMilliseconds(100);

    private readonly RateSettings _settings;
    private readonly ApiSettings _api;
    private readonly PartitionedRateLimiter<RateKey> _buckets;

    public RateLimits(IOptions<RateSettings> settings, IOptions<ApiSettings> api)
    {
        (_settings, _api) = (settings.Value, api.Value);
        _buckets = PartitionedRateLimiter.Create<RateKey, RateKey>(key => RateLimitPartition.GetTokenBucketLimiter(key, Bucket));
    }

    /// <summary>Whether there are limits at all.</summary>
    public bool Enabled => _settings.Enabled;

    /// <summary>
    /// For a request of many items, once they are counted: every ten cost as much as a request, of which the first was taken when the
    /// request came. When it cannot be had the request is to be answered with <paramref name="refusal"/>, nothing of it done.
    /// </summary>
    public static bool TryTakeMore(HttpContext http, int items, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        var limits = http.RequestServices.GetRequiredService<RateLimits>();
        var key = limits.KeyOf(http);

        // What costs more than a bucket holds costs a full one: it could never be done otherwise.
        var cost = Math.Min(Cost(items), limits.SizeOf(key.Kind).Burst);
        refusal = limits.Take(key, cost - 1) is { } wait ? Refuse(http, wait) : null;
        return refusal is null;
    }

    /// <summary>
    /// For a stream of items, per part: returns when the caller may go on, every ten items for the price of a request. Nothing is refused,
    /// and half of what may be asked at once is left for whatever else the caller asks meanwhile.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public static async Task WaitForMoreAsync(HttpContext http, int items, CancellationToken cancellationToken)
    {
        var limits = http.RequestServices.GetRequiredService<RateLimits>();
        var key = limits.KeyOf(http);
        var (rate, burst) = limits.SizeOf(key.Kind);

        // In portions that come together within a period: all at once might never be there while the caller asks other things.
        var reserve = burst / 2;
        var portion = Math.Min(rate, burst - reserve);
        for (var cost = Cost(items); cost > 0; cost -= portion)
        {
            while (limits.Take(key, Math.Min(cost, portion), reserve) is { } wait)
            {
                await Task.Delay(wait + _filling, cancellationToken);
            }
        }
    }

    /// <summary>429, and when to try again; also for this request's answer to say so in its headers.</summary>
    public static ProblemHttpResult Refuse(HttpContext http, TimeSpan wait)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
        http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers[HeaderNames.CacheControl] = "no-store";
        return Problems.TooMany(seconds);
    }

    /// <summary>Whose bucket the request takes from.</summary>
    public RateKey KeyOf(HttpContext http) => RateKey.OfCaller(http, _api);

    /// <summary>Takes from a bucket, all or nothing, and only what is there beyond <paramref name="reserve"/>.</summary>
    /// <returns>Null when it was there, else how long it takes until it can be.</returns>
    public TimeSpan? Take(RateKey key, int permits, int reserve = 0) => Ask(key, permits, isTaken: true, reserve);

    /// <summary>Asks whether there is anything in a bucket, and leaves it there.</summary>
    /// <returns>Null when there is, else how long it takes until there is.</returns>
    public TimeSpan? Look(RateKey key) => Ask(key, 1, isTaken: false);

    public void Dispose() => _buckets.Dispose();

    private TimeSpan? Ask(RateKey key, int permits, bool isTaken, int reserve = 0)
    {
        if (!Enabled || permits <= 0)
        {
            return null;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return AskOnce(key, permits, isTaken, reserve);
            }
            catch (ObjectDisposedException) when (attempt < Attempts)
            {
                // The library dropped the idle bucket between finding it for us and asking it: the next one is new, and full.
            }
        }
    }

    private TimeSpan? AskOnce(RateKey key, int permits, bool isTaken, int reserve)
    {
        using var lease = isTaken && (reserve == 0 || Available(key) >= permits + reserve) ? _buckets.AttemptAcquire(key, permits) : null;
        if (lease is { IsAcquired: true })
        {
            return null;
        }

        // Not by asking for 0: the library grants that on any fraction of a permit. Nor does its own RetryAfter know how much is missing.
        var missing = permits + reserve - Available(key);
        return missing > 0 ? _settings.Period * (missing / (double)SizeOf(key.Kind).Rate)
            : isTaken ? TimeSpan.Zero
            : null;
    }

    private long Available(RateKey key) => _buckets.GetStatistics(key)!.CurrentAvailablePermits;

    private static int Cost(int items) => Math.Max(1, (items + ItemsPerPermit - 1) / ItemsPerPermit);

    private TokenBucketRateLimiterOptions Bucket(RateKey key) => new()
    {
        TokensPerPeriod = SizeOf(key.Kind).Rate,
        TokenLimit = SizeOf(key.Kind).Burst,
        ReplenishmentPeriod = _settings.Period,
    };

    private (int Rate, int Burst) SizeOf(RateKind kind) => kind switch
    {
        RateKind.User => (_settings.UserRate, _settings.UserBurst),
        RateKind.Service => (_settings.ServiceRate, _settings.ServiceBurst),
        RateKind.Address => (_settings.AddressRate, _settings.AddressBurst),
        _ => (_settings.CheckRate, _settings.CheckBurst),
    };
}
