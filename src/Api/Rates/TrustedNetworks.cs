using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace ContinueWatching.Api.Rates;

/// <summary>
/// Whose word on a client's address is believed: <c>X-Forwarded-For</c> is read from its end, for as long as the address it came from lies in
/// a network of <see cref="ApiSettings.TrustedNetworks"/>. What a client wrote into it itself stands further in front.
/// </summary>
internal static class TrustedNetworks
{
    // A content delivery network, a load balancer, an ingress, a sidecar, and as many again.
    private const int MaxProxies = 8;

    public static void AddTrustedNetworks(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<ApiSettings>, AreNetworks>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ApiSettings>>((headers, api) => Trust(headers, api.Value.TrustedNetworks));
    }

    private static void Trust(ForwardedHeadersOptions headers, IReadOnlyList<string> networks)
    {
        headers.KnownProxies.Clear();
        headers.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            headers.KnownIPNetworks.Add(IPNetwork.Parse(network));
        }

        // With empty lists the middleware would believe everybody.
        headers.ForwardedHeaders = networks.Count > 0 ? ForwardedHeaders.XForwardedFor : ForwardedHeaders.None;
        headers.ForwardLimit = MaxProxies;
    }

    private sealed class AreNetworks : IValidateOptions<ApiSettings>
    {
        public ValidateOptionsResult Validate(string? name, ApiSettings options)
        {
            var faults = options.TrustedNetworks
                .Where(text => !IPNetwork.TryParse(text, out var network) || network.PrefixLength == 0)
                .Select(text => $"{ApiSettings.Section}:{nameof(options.TrustedNetworks)}: \"{text}\" cannot be taken. Allowed are your proxies' "
                    + "networks in CIDR form, as 10.0.0.0/8, 192.0.2.7/32 or 2001:db8::/32, and not everybody's, /0")
                .ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
