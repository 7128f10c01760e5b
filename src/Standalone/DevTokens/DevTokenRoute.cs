using System.ComponentModel;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Reference;
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
internal static class DevTokenRoute
{
    private const string Issuer = "continue-watching-standalone";
    private const string Audience = "continue-watching";
    private static RouteText Text { get; } = new(
        "createDevToken",
        Tags.Development,
        "Sign in as anybody",
        """
        For trying the service out: a bearer token of the user that is asked for, good for an hour. It is there only where nobody
        else can reach it, or where it was asked for by name.
        """)
    {
        Body = new(typeof(DevTokenBody), """{"userId": "123"}"""),
        Answer = """{"access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl", "token_type": "Bearer", "expires_in": 3600}""",
        NotFound = "Asked from another machine.",
    };

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
        routes.MapPost("/dev/token", async Task<Results<Ok<DevToken>, ProblemHttpResult, NotFound>> (HttpRequest request, TimeProvider time) =>
            loopbackOnly && !IsFromThisMachine(request)
                ? TypedResults.NotFound()
                : await IssueAsync(request, credentials, time))
            .AllowAnonymous().DisableRateLimiting()
            .Describe(Text);
    }

    // By its address, and by its name as well: a web page whose own name leads here must not sign its visitor in.
    private static bool IsFromThisMachine(HttpRequest request) =>
        IPAddress.IsLoopback(request.HttpContext.Connection.LocalIpAddress ?? IPAddress.None)
        && (request.Host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(request.Host.Host, out var address) && IPAddress.IsLoopback(address)));

    private static async Task<Results<Ok<DevToken>, ProblemHttpResult, NotFound>> IssueAsync(
        HttpRequest request, SigningCredentials credentials, TimeProvider time)
    {
        var body = new DevTokenRequest();
        if (await JsonBody.ReadAsync(request, body, DevTokenRequest.ReadMember) is { } unreadable)
        {
            return unreadable;
        }

        if (body.User is not { } user)
        {
            return Problems.BadRequest(new Fault("userId", "absent", UserId.Allowed));
        }

        var now = time.GetUtcNow().UtcDateTime;
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now,
            Expires = now + _lifetime,
            SigningCredentials = credentials,
            Claims = Claims(user, body),
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

        if (request.Device is { } device)
        {
            claims["device_id"] = device.Value;
        }

        return claims;
    }

    private sealed class DevTokenRequest
    {
        public UserId? User { get; private set; }

        public string? Scope { get; private set; }

        public DeviceId? Device { get; private set; }

        public static Fault? ReadMember(ref Utf8JsonReader reader, string name, DevTokenRequest request) =>
            reader.TokenType == JsonTokenType.Null ? null : request.Read(ref reader, name);

        private Fault? Read(ref Utf8JsonReader reader, string name)
        {
            Fault? fault = null;
            switch (name)
            {
                case "userId":
                    fault = JsonValues.ReadUser(ref reader, out var user);
                    fault ??= user.Id is null ? new Fault(name, "\"me\"", UserId.Allowed) : null;
                    User = user.Id;
                    break;
                case "deviceId":
                    fault = JsonValues.ReadDevice(ref reader, out var device);
                    Device = device;
                    break;
                case "scope" when reader.TokenType == JsonTokenType.String:
                    Scope = reader.GetString();
                    break;
                case "scope":
                    fault = new Fault(name, JsonBody.Show(ref reader), "a text of scopes with spaces between them, or absent");
                    break;
            }

            return fault;
        }
    }
}

/// <summary>Who wants to be whom.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record DevTokenBody(
    string UserId,
    [property: Description("Scopes with spaces between them: `continue-watching.service`, `continue-watching.catalog`.")] string? Scope,
    string? DeviceId);

/// <summary>A bearer token.</summary>
internal sealed record DevToken(
    [property: JsonPropertyName("access_token"), Description("The token.")] string AccessToken,
    [property: JsonPropertyName("token_type"), Description("How to send it: `Authorization: Bearer …`.")] string TokenType,
    [property: JsonPropertyName("expires_in"), Description("For how many seconds it is good.")] int ExpiresIn);
