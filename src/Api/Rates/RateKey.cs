using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Rates;

/// <summary>Whose bucket a request takes from: whoever acts, or, without a good token, the address it comes from.</summary>
internal readonly record struct RateKey(RateKind Kind, string Id)
{
    private const int SiteBytes = 8;
    private static readonly string[] _clientClaims = ["client_id", "azp", "sub"];

    /// <summary>The caller's, once the token was checked. A good token that names nobody opens nothing, and counts as none.</summary>
    public static RateKey OfCaller(HttpContext http, ApiSettings settings)
    {
        var principal = http.User;
        return principal.Identity is not { IsAuthenticated: true } ? OfAddress(http, RateKind.Address)
            : new Caller(principal, settings).IsService ? new(RateKind.Service, FindClient(principal))
            : UserId.TryParse(principal.FindFirstValue(settings.UserIdClaim), out var user) ? new(RateKind.User, user.Value)
            : OfAddress(http, RateKind.Address);
    }

    /// <summary>
    /// The address's. One IPv6 site has 2^64 of them to change between, so that its first 64 bits stand for it; an IPv4 address in IPv6
    /// clothes is itself.
    /// </summary>
    public static RateKey OfAddress(HttpContext http, RateKind kind)
    {
        var address = http.Connection.RemoteIpAddress;
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6 })
        {
            return new(kind, $"{address}");
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return new(kind, $"{address.MapToIPv4()}");
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[SiteBytes..].Clear();
        return new(kind, $"{new IPAddress(bytes)}/{SiteBytes * 8}");
    }

    // Services that name themselves in none of these share a bucket.
    private static string FindClient(ClaimsPrincipal principal)
    {
        foreach (var claim in _clientClaims)
        {
            if (principal.FindFirstValue(claim) is { Length: > 0 } client)
            {
                return client;
            }
        }

        return "";
    }
}

/// <summary>The kinds of buckets, each of a size of its own.</summary>
internal enum RateKind
{
    /// <summary>A user, over all their screens.</summary>
    User,

    /// <summary>A service.</summary>
    Service,

    /// <summary>An address's requests without a good token.</summary>
    Address,

    /// <summary>Tokens that are checked although their address has used up the bucket above.</summary>
    Check,
}
