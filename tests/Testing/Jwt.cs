using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ContinueWatching.Testing;

/// <summary>JSON web tokens by hand, so that a test can write the wrong ones too.</summary>
public static class Jwt
{
    public static string Write(JsonObject header, JsonObject payload, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string WriteHs256(JsonObject payload, byte[] key) =>
        Write(new JsonObject { ["alg"] = "HS256", ["typ"] = "JWT" }, payload, signed => HMACSHA256.HashData(key, signed));

    public static JsonElement ReadPayload(string token) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
