using ContinueWatching.Contracts;

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
