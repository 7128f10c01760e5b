using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ContinueWatching.Standalone;

/// <summary>
/// <c>POST /dev/token {userId, scope?, deviceId?}</c>: a sign-in for trying the service out. Whoever reaches it is whoever they like, so
/// it exists only where nobody else can reach it, or where it was asked for by name.
/// </summary>
internal static partial class DevTokenRoute
{
    private const string Issuer = "continue-watching-standalone";
    private const string Audience = "continue-watching";
    private static readonly TimeSpan _lifetime = TimeSpan.FromHours(1);

    /// <summary>The bearer configuration under which tokens signed with <paramref name="key"/> are good.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Configuration(byte[] key)
    {
        const string section = $"Authentication:Schemes:{JwtBearerDefaults.AuthenticationScheme}";
        return
        [
            new($"{section}:ValidIssuer", Issuer),
            new($"{section}:ValidAudience", Audience),
            new($"{section}:SigningKeys:0:Issuer", Issuer),
            new($"{section}:SigningKeys:0:Value", Convert.ToBase64String(key)),
        ];
    }

    /// <summary>Maps the route; with <paramref name="loopbackOnly"/> it answers on loopback addresses alone.</summary>
    public static void MapDevTokens(this IEndpointRouteBuilder routes, byte[] key, bool loopbackOnly)
    {
        var credentials = new SigningCredentials(new SymmetricSecurityKey(key), SecurityAlgorithms.HmacSha256);
        routes.MapPost("/dev/token", Results<Ok<DevToken>, ProblemHttpResult, NotFound> (DevTokenRequest request, HttpContext http, TimeProvider time) =>
            loopbackOnly && !IsFromThisMachine(http)
                ? TypedResults.NotFound()
                : Issue(request, credentials, time))
            .AllowAnonymous();
    }

    // By its address, and by its name as well: a web page whose own name leads here must not sign its visitor in.
    private static bool IsFromThisMachine(HttpContext http) =>
        IPAddress.IsLoopback(http.Connection.LocalIpAddress ?? IPAddress.None)
        && (http.Request.Host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(http.Request.Host.Host, out var address) && IPAddress.IsLoopback(address)));

    private static Results<Ok<DevToken>, ProblemHttpResult, NotFound> Issue(
        DevTokenRequest request, SigningCredentials credentials, TimeProvider time)
    {
        var text = request.UserId.ValueKind switch
        {
            JsonValueKind.String => request.UserId.GetString(),
            JsonValueKind.Number when PlainInteger().IsMatch(request.UserId.GetRawText()) => request.UserId.GetRawText(),
            _ => null,
        };
        if (!UserId.TryParse(text, out var user))
        {
            return Refuse("userId", request.UserId.ValueKind == JsonValueKind.Undefined ? "absent" : request.UserId.GetRawText(), UserId.Allowed);
        }

        if (request.DeviceId is not null && !DeviceId.TryParse(request.DeviceId, out _))
        {
            return Refuse("deviceId", request.DeviceId, $"{DeviceId.Allowed}, or absent");
        }

        var now = time.GetUtcNow().UtcDateTime;
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now,
            Expires = now + _lifetime,
            SigningCredentials = credentials,
            Claims = Claims(user, request),
        });
        return TypedResults.Ok(new DevToken(token, JwtBearerDefaults.AuthenticationScheme, (int)_lifetime.TotalSeconds));
    }

    private static Dictionary<string, object> Claims(UserId user, DevTokenRequest request)
    {
        var claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user.Value };
        if (request.Scope is { } scope)
        {
            claims["scope"] = scope;
        }

        if (request.DeviceId is { } device)
        {
            claims["device_id"] = device;
        }

        return claims;
    }

    private static ProblemHttpResult Refuse(string field, string value, string allowed) => TypedResults.Problem(
        statusCode: StatusCodes.Status400BadRequest, title: $"{field} cannot be taken.", detail: new Fault(field, value, allowed).ToString());

    // As the API reads it.
    [GeneratedRegex("^(0|[1-9][0-9]{0,18})$")]
    private static partial Regex PlainInteger();

    private sealed record DevTokenRequest(JsonElement UserId, string? Scope, string? DeviceId);

    private sealed record DevToken(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn);
}
