using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Api.Tests;

/// <summary>A sign-in service that publishes its keys, as real ones do.</summary>
internal sealed class TestAuthority : IAsyncDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly WebApplication _app;

    private TestAuthority(WebApplication app) => _app = app;

    /// <summary>Its address, and the issuer of its tokens.</summary>
    public string Url => _app.Urls.Single();

    public static async Task<TestAuthority> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var authority = new TestAuthority(builder.Build());
        authority._app.MapGet("/.well-known/openid-configuration", () => new JsonObject
        {
            ["issuer"] = authority.Url,
            ["jwks_uri"] = $"{authority.Url}/keys",
        });
        authority._app.MapGet("/keys", authority.Keys);
        await authority._app.StartAsync();
        return authority;
    }

    /// <summary>A token signed by it that says <paramref name="claims"/>.</summary>
    public string Sign(JsonObject claims) => Jwt.Write(
        new JsonObject { ["alg"] = "RS256", ["kid"] = "1" },
        claims,
        signed => _key.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private JsonObject Keys()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = "1",
                ["n"] = Base64Url.EncodeToString(key.Modulus),
                ["e"] = Base64Url.EncodeToString(key.Exponent),
            }),
        };
    }
}
