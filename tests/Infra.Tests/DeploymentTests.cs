using System.Text.Json.Nodes;

namespace ContinueWatching.Infra.Tests;

/// <summary>What an environment's file may say, and what is said of what it may not.</summary>
public sealed class DeploymentTests
{
    [Theory]
    [InlineData("production")]
    [InlineData("staging")]
    public void The_environments_that_come_with_it_can_be_deployed(string environment) =>
        Assert.Equal(environment, Deployment.Load(environment).Environment);

    [Fact]
    public void An_unknown_environment_is_told_which_there_are() =>
        Assert.Equal(
            "There is no environment prodution; there are production, staging.",
            Assert.Throws<InvalidDeploymentException>(() => Deployment.Load("prodution")).Message);

    [Theory]
    [InlineData("environment", "\"Production\"", "environment was Production")]
    [InlineData("availabilityZones", """["eu-west-1a"]""", "availabilityZones were eu-west-1a")]
    [InlineData("availabilityZones", """["eu-west-1a", "us-east-1a"]""", "allowed: two or more of eu-west-1")]
    [InlineData("cidr", "\"10.0.0.0/28\"", "cidr was 10.0.0.0/28")]
    [InlineData("natGateways", "4", "natGateways was 4; allowed: 1 to 3.")]
    [InlineData("clusters", """{"a1": "1", "b2": "1", "c3": "1"}""", "clusters were a1, b2, c3")]
    [InlineData("clusters", """{"Blue": "1.0.0"}""", "clusters were Blue")]
    [InlineData("clusters", """{"blue": "1.0 0"}""", "clusters.blue was 1.0 0; allowed: its version")]
    [InlineData("clusters", """{"blue": null}""", "clusters.blue was ; allowed: its version")]
    [InlineData("liveCluster", "\"green\"", "liveCluster was green; allowed: blue.")]
    [InlineData("database.instanceClass", "\"db.r7g.large\"", "database.instanceClass was db.r7g.large")]
    [InlineData("database.maxStorageGiB", "400", "database.maxStorageGiB was 400")]
    [InlineData("database.backupDays", "3", "database.backupDays was 3; allowed: 7 to 35.")]
    [InlineData("database.maxConnections", "600", "database.maxConnections was 600; allowed: 700 and more")]
    [InlineData("database.rootCertificate", "\"rds.pem\"", "database.rootCertificate was rds.pem")]
    [InlineData("silo.min", "2", "silo.min was 2; allowed: 3 and more")]
    [InlineData("silo.connections", "10", "silo.connections was 10; allowed: 30 and more")]
    [InlineData("silo.memoryMiB", "1000", "silo.cpu and silo.memoryMiB were 2048 and 1000")]
    [InlineData("api.max", "1", "api.min and api.max were 3 and 1")]
    [InlineData("api.settings", """{"Api__CallDeadlin e": "1"}""", "api.settings has Api__CallDeadlin e")]
    [InlineData("silo.settings", """{"Storage__MigrateAtStart": "true"}""", "silo.settings has Storage__MigrateAtStart")]
    [InlineData("silo.settings", """{"ConnectionStrings__Postgres": "Password=x"}""", "silo.settings has ConnectionStrings__Postgres")]
    [InlineData("api.settings", """{"Api__PathBase": "/v1"}""", "api.settings has Api__PathBase")]
    [InlineData("tokens.authority", "\"http://login.example.com\"", "tokens.authority was http://login.example.com; allowed: https://…")]
    [InlineData("corsOrigins", """["https://tv.example.com/"]""", "corsOrigins has https://tv.example.com/")]
    [InlineData("throttles.reports.rate", "20000", "throttles.reports.rate was 20000; allowed: no more than the stage's 10000.")]
    [InlineData("throttles.addressPerFiveMinutes", "10", "throttles.addressPerFiveMinutes was 10; allowed: 100 and more")]
    [InlineData("logDays", "10", "logDays was 10")]
    [InlineData("runbookUrl", "\"docs/runbook.md\"", "runbookUrl was docs/runbook.md")]
    public void What_cannot_be_is_named_with_what_is_allowed(string place, string value, string said)
    {
        var fault = Assert.Throws<InvalidDeploymentException>(() => Deployment.Parse(Production(place, value), "this.json"));

        Assert.StartsWith("this.json: cannot be deployed:", fault.Message, StringComparison.Ordinal);
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("natGateway", "3", "natGateway")]
    [InlineData("logDays", "\"90\"", "logDays")]
    [InlineData("region", "null", "region")]
    public void A_typing_error_is_told_with_its_place(string place, string value, string said) =>
        Assert.Contains(
            said, Assert.Throws<InvalidDeploymentException>(() => Deployment.Parse(Production(place, value), "this.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var text = JsonNode.Parse(Production("logDays", "10"))!;
        text["natGateways"] = 0;

        var fault = Assert.Throws<InvalidDeploymentException>(() => Deployment.Parse($"{text}", "this.json"));

        Assert.Contains("logDays was 10", fault.Message, StringComparison.Ordinal);
        Assert.Contains("natGateways was 0", fault.Message, StringComparison.Ordinal);
    }

    private static string Production(string place, string value)
    {
        var all = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "environments", "production.json")))!;
        var path = place.Split('.');
        path[..^1].Aggregate(all, (node, name) => node[name]!)[path[^1]] = JsonNode.Parse(value);
        return all.ToJsonString();
    }
}
