using ContinueWatching.Contracts;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>Load balancers ask without a token.</summary>
public sealed class HealthTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task A_service_that_runs_is_alive_and_ready(string path)
    {
        var answer = await Service.GetAsync(path);

        Assert.Equal((200, "Healthy"), (answer.Status, answer.Text));
    }

    // The log is looked at afterwards: that nobody waited does not make the service unready.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probers_that_do_not_wait_for_their_answer_do_no_harm(bool reset)
    {
        var server = Service.Http.BaseAddress!;
        for (var prober = 0; prober < 300; prober++)
            await RawHttp.HangUpAsync(server, $"GET /health/ready HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n", reset);

        Assert.Equal(200, (await Service.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task A_caller_whose_clock_is_right_hears_of_no_fault() =>
        Assert.Null(await Service.Grains.GetGrain<IHealthGrain>(0).FindFaultAsync(TimeProvider.System.GetUtcNow()));

    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    public async Task A_caller_whose_clock_is_far_from_the_silos_is_told_so(double seconds)
    {
        var time = TimeProvider.System.GetUtcNow().AddSeconds(seconds);

        Assert.StartsWith("The caller's clock is ", await Service.Grains.GetGrain<IHealthGrain>(0).FindFaultAsync(time), StringComparison.Ordinal);
    }
}
