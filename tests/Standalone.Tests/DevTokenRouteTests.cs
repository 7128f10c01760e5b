using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Standalone.Tests;

/// <summary>The sign-in where only this machine may come in, reached over another address all the same.</summary>
public sealed class DevTokenRouteTests
{
    [Theory]
    [InlineData("192.0.2.1", 404)]
    [InlineData("2001:db8::1", 404)]
    [InlineData(null, 404)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("::1", 200)]
    public async Task An_address_that_others_can_reach_gives_no_token(string? localAddress, int status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Use((http, next) =>
        {
            // As the server would tell it of another network interface, or of none (a Unix socket).
            http.Connection.LocalIpAddress = localAddress is null ? null : IPAddress.Parse(localAddress);
            return next(http);
        });
        app.MapDevTokens(new byte[32], loopbackOnly: true);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using var answer = await client.PostAsync(
            "/dev/token", new StringContent("""{"userId": "123"}""", Encoding.UTF8, "application/json"));

        Assert.Equal(status, (int)answer.StatusCode);
    }
}
