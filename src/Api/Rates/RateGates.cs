using Microsoft.AspNetCore.RateLimiting;

namespace ContinueWatching.Api.Rates;

/// <summary>
/// The two gates that requests pass: one before their token is checked, which only a flooding address finds closed, and one after it, where
/// each takes from its caller's bucket. A route that says <c>DisableRateLimiting</c> is behind neither.
/// </summary>
internal static class RateGates
{
    private static readonly object _isNew = new();

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddOptions<RateSettings>().BindConfiguration(RateSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RateLimits>().AddSingleton<KnownTokens>();
        services.AddTrustedNetworks();
    }

    /// <summary>
    /// Before the token is checked. Only requests that turn out to have no good token take from their address's bucket. While it is
    /// empty, those without a token are refused here, and so are tokens not seen good lately, beyond those few that are checked all the
    /// same: a flood costs little, and who shares its address goes on, or gets in.
    /// </summary>
    public static Task BeforeTheToken(HttpContext http, RequestDelegate next)
    {
        var limits = http.RequestServices.GetRequiredService<RateLimits>();
        var credentials = Credentials(http);
        if (IsFree(http, limits) || http.RequestServices.GetRequiredService<KnownTokens>().Knows(credentials))
        {
            return next(http);
        }

        http.Items[_isNew] = _isNew;
        var wait = limits.Look(RateKey.OfAddress(http, RateKind.Address));
        if (wait is not null && credentials.Length > 0)
        {
            wait = limits.Take(RateKey.OfAddress(http, RateKind.Check), 1);
        }

        var kind = credentials.Length > 0 ? RateKind.Check : RateKind.Address;
        return wait is null ? next(http) : RateLimits.Refuse(http, kind, wait.Value).ExecuteAsync(http);
    }

    /// <summary>After the token was checked: one from the bucket of whoever it is.</summary>
    public static Task AfterTheToken(HttpContext http, RequestDelegate next)
    {
        var limits = http.RequestServices.GetRequiredService<RateLimits>();
        if (IsFree(http, limits))
        {
            return next(http);
        }

        var key = limits.KeyOf(http);
        Learn(http, isGood: key.Kind is RateKind.User or RateKind.Service);
        return limits.Take(key, 1) is { } wait ? RateLimits.Refuse(http, key.Kind, wait).ExecuteAsync(http) : next(http);
    }

    private static bool IsFree(HttpContext http, RateLimits limits) =>
        !limits.Enabled || http.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null;

    private static void Learn(HttpContext http, bool isGood)
    {
        var isNew = http.Items.ContainsKey(_isNew);
        if (isGood == isNew)
        {
            var known = http.RequestServices.GetRequiredService<KnownTokens>();
            (isGood ? (Action<string>)known.Remember : known.Forget)(Credentials(http));
        }
    }

    private static string Credentials(HttpContext http) => http.Request.Headers.Authorization.ToString();
}
