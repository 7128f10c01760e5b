using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace ContinueWatching.Api.Identity;

/// <summary>
/// Remembers by their hashes which tokens were verified, and what they say: a player sends the same one with every heartbeat, and a
/// signature costs as much as the rest of the request.
/// </summary>
internal sealed class VerifiedTokens(TimeProvider time) : IDisposable
{
    /// <summary>The most tokens remembered: some 100 MB. What comes on top is verified each time.</summary>
    public const int MaxTokens = 50_000;

    /// <summary>How long a token opens the door at most after its issuer has taken back the key that signed it.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private readonly MemoryCache _tokens = new(new MemoryCacheOptions { SizeLimit = MaxTokens });

    /// <summary>Whom these credentials stand for; null when they are not remembered, or not any more.</summary>
    /// <param name="credentials">The header <c>Authorization</c>, as it came.</param>
    public ClaimsPrincipal? Find(string credentials) =>
        _tokens.TryGetValue(Hash(credentials), out var found) && found is Verified verified && time.GetUtcNow() < verified.GoodUntil
            ? verified.Principal
            : null;

    /// <summary>Remembers whom verified credentials stand for, until <paramref name="expiresAt"/> at most.</summary>
    public void Remember(string credentials, ClaimsPrincipal principal, DateTimeOffset expiresAt)
    {
        var latest = time.GetUtcNow() + MaxAge;
        var verified = new Verified(principal, expiresAt < latest ? expiresAt : latest);
        _tokens.Set(Hash(credentials), verified, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = MaxAge });
    }

    /// <inheritdoc/>
    public void Dispose() => _tokens.Dispose();

    // Half of a SHA-256 is more than anybody can find a second token for.
    private static UInt128 Hash(string credentials)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(credentials.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private sealed record Verified(ClaimsPrincipal Principal, DateTimeOffset GoodUntil);
}
