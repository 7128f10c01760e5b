using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace ContinueWatching.Api.Rates;

/// <summary>
/// Remembers by their hashes which tokens were good lately, so that somebody else's bad ones do not keep them out. It opens nothing: a
/// remembered token is checked like any other.
/// </summary>
internal sealed class KnownTokens : IDisposable
{
    // Some 30 MB. More tokens than that, and some viewers at a flooding address wait for their turn to be checked.
    private const int Most = 100_000;

    private static readonly object _isGood = new();
    private static readonly MemoryCacheEntryOptions _options = new() { Size = 1, SlidingExpiration = TimeSpan.FromMinutes(15) };
    private readonly MemoryCache _tokens = new(new MemoryCacheOptions { SizeLimit = Most });

    public bool Knows(string credentials) => credentials.Length > 0 && _tokens.TryGetValue(Hash(credentials), out _);

    public void Remember(string credentials) => _tokens.Set(Hash(credentials), _isGood, _options);

    public void Forget(string credentials) => _tokens.Remove(Hash(credentials));

    public void Dispose() => _tokens.Dispose();

    private static UInt128 Hash(string credentials)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(credentials.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
