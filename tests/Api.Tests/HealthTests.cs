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
}
