using Microsoft.Extensions.Configuration;

namespace ContinueWatching.Standalone.Tests;

/// <summary>Who can reach the process.</summary>
public sealed class AddressesTests
{
    [Theory]
    [InlineData(Addresses.Default)]
    [InlineData("http://localhost")]
    [InlineData("http://LocalHost:8080")]
    [InlineData("https://localhost:8443")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://127.9.9.9:8080")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://localhost:8080/base")]
    [InlineData("http://localhost:8080;https://127.0.0.1:8443")]
    [InlineData(" http://localhost:8080 ; ")]
    public void Only_this_machine_reaches_loopback(string urls) => Assert.True(Addresses.AreLoopback(Configuration(urls)));

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://192.168.1.17:8080")]
    [InlineData("http://128.0.0.1:8080")]
    [InlineData("http://[fe80::1]:8080")]
    [InlineData("http://tv.example.com:8080")]
    [InlineData("http://localhost.example.com:8080")]
    [InlineData("http://127.0.0.1.example.com:8080")]
    [InlineData("http://localhost:8080;http://0.0.0.0:8081")]
    [InlineData("http://0.0.0.0:8081;http://localhost:8080")]
    [InlineData("http://unix:/tmp/continue-watching.sock")]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ; ")]
    public void Others_may_reach_everything_else(string? urls) => Assert.False(Addresses.AreLoopback(Configuration(urls)));

    [Fact]
    public void Endpoints_configured_in_other_ways_may_be_reached() => Assert.False(
        Addresses.AreLoopback(Configuration("http://localhost:8080", ("Kestrel:Endpoints:Http:Url", "http://localhost:8080"))));

    private static IConfiguration Configuration(string? urls, params (string Key, string Value)[] more) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection([new("urls", urls), .. more.Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))])
            .Build();
}
