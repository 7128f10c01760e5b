using System.Text.Json.Nodes;

namespace ContinueWatching.Infra.Tests;

/// <summary>How silos and APIs run, how they are replaced, and how many there are.</summary>
[Collection(OnTemplates.Name)]
public sealed class ServiceTests(Synthesized synthesized)
{
    private SynthesizedStack Stack => synthesized.Production.Service;

    [Fact]
    public void Silos_and_apis_are_services_on_fargate() =>
        Assert.Equal(["FARGATE", "FARGATE"], Services().Select(service => service["LaunchType"]!.GetValue<string>()));

    [Fact]
    public void Nothing_is_in_front_of_the_silos()
    {
        Assert.Null(Stack.One("AWS::ECS::Service", "Silos")["LoadBalancers"]);
        Assert.Equal(8080, Assert.Single(Stack.One("AWS::ECS::Service", "Apis")["LoadBalancers"]!.AsArray())!["ContainerPort"]!.GetValue<int>());
    }

    [Fact]
    public void The_load_balancer_is_inside_and_asks_whether_an_api_can_serve()
    {
        Stack.Has("AWS::ElasticLoadBalancingV2::LoadBalancer", """{"Scheme": "internal", "Type": "application"}""");
        Stack.Has("AWS::ElasticLoadBalancingV2::TargetGroup", """{"HealthCheckPath": "/health/ready", "Port": 8080, "TargetType": "ip"}""");
    }

    [Fact]
    public void A_failover_of_the_database_kills_no_process()
    {
        // RDS says one to two minutes. Until then nobody can serve, and whoever is killed for that takes what they know of their users along.
        const int failoverSeconds = 120;
        var targets = Stack.One("AWS::ElasticLoadBalancingV2::TargetGroup");
        Assert.True(
            targets["HealthCheckIntervalSeconds"]!.GetValue<int>() * targets["UnhealthyThresholdCount"]!.GetValue<int>() > failoverSeconds);
        foreach (var id in new[] { "Silo", "Api" })
        {
            var check = Main(id)["HealthCheck"]!;
            Assert.True(check["Interval"]!.GetValue<int>() * check["Retries"]!.GetValue<int>() > failoverSeconds);
        }
    }

    [Theory]
    [InlineData("Silo", "ContinueWatching.Silo.dll")]
    [InlineData("Api", "ContinueWatching.Api.dll")]
    public void A_container_asks_its_process_whether_it_is_well(string id, string assembly) => Assert.Equal(
        ["CMD", "dotnet", assembly, "--health"], Main(id)["HealthCheck"]!["Command"]!.AsArray().Select(word => word!.GetValue<string>()));

    [Theory]
    [InlineData("Silo")]
    [InlineData("Api")]
    public void A_process_has_two_minutes_to_stop(string id) => Assert.Equal(120, Main(id)["StopTimeout"]!.GetValue<int>());

    [Theory]
    [InlineData("Silos")]
    [InlineData("Apis")]
    public void A_deployment_replaces_one_at_a_time_and_goes_back_when_it_fails(string id)
    {
        foreach (var environment in new[] { synthesized.Production, synthesized.Staging })
        {
            var deployment = environment.Service.One("AWS::ECS::Service", id)["DeploymentConfiguration"]!;
            var tasks = id == "Silos" ? environment.Deployment.Silo.Min : environment.Deployment.Api.Min;
            Assert.Equal(100, deployment["MinimumHealthyPercent"]!.GetValue<int>());
            Assert.Equal(tasks + 1, tasks * deployment["MaximumPercent"]!.GetValue<int>() / 100);
            Assert.True(deployment["DeploymentCircuitBreaker"]!["Enable"]!.GetValue<bool>());
            Assert.True(deployment["DeploymentCircuitBreaker"]!["Rollback"]!.GetValue<bool>());
        }
    }

    [Fact]
    public void A_deployment_leaves_as_many_as_there_are() => Assert.All(Services(), service => Assert.Null(service["DesiredCount"]));

    [Fact]
    public void Apis_are_replaced_after_the_silos()
    {
        var apis = Stack.Find("AWS::ECS::Service").Single(service => service.Key.StartsWith("Apis", StringComparison.Ordinal)).Value;
        var silos = Stack.Find("AWS::ECS::Service").Keys.Single(id => id.StartsWith("Silos", StringComparison.Ordinal));
        Assert.Contains(silos, apis["DependsOn"]!.AsArray().Select(id => id!.GetValue<string>()));
    }

    [Fact]
    public void Silos_are_added_soon_for_processor_and_queue_and_taken_away_slowly()
    {
        Stack.Has("AWS::ApplicationAutoScaling::ScalableTarget", """{"MinCapacity": 3, "MaxCapacity": 12}""");
        Stack.Has("AWS::ApplicationAutoScaling::ScalingPolicy", """
            {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
                "TargetValue": 60, "ScaleOutCooldown": 60, "ScaleInCooldown": 900}}
            """);
        Stack.Has("AWS::ApplicationAutoScaling::ScalingPolicy", """
            {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {
                "CustomizedMetricSpecification": {
                    "Namespace": "ContinueWatching/production/blue", "MetricName": "continue_watching.commit.queue.depth", "Statistic": "Average",
                    "Dimensions": [{"Name": "service.name", "Value": "continue-watching-silo"}]},
                "TargetValue": 1000, "ScaleOutCooldown": 60, "ScaleInCooldown": 900}}
            """);
    }

    [Fact]
    public void Each_cluster_runs_and_migrates_by_its_own_version()
    {
        foreach (var (cluster, version) in new[] { ("blue", "1.3.0"), ("green", "2.0.0") })
        {
            var images = synthesized.Moving.Services[cluster].Find("AWS::ECS::TaskDefinition").Values
                .SelectMany(task => task["Properties"]!["ContainerDefinitions"]!.AsArray())
                .Where(container => container!["Name"]!.GetValue<string>() is "silo" or "api" or "migrate")
                .Select(container => container!["Image"]!.ToJsonString()).ToArray();
            Assert.Equal(3, images.Length);
            Assert.All(images, image => Assert.EndsWith($":{version}\"]]}}", image, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Silo")]
    [InlineData("Api")]
    public void A_process_knows_how_much_memory_it_has(string id)
    {
        var task = Stack.One("AWS::ECS::TaskDefinition", $"{id}Task");
        var containers = task["ContainerDefinitions"]!.AsArray();
        Assert.Equal(
            int.Parse(task["Memory"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture),
            containers.Sum(container => container!["Memory"]!.GetValue<int>()));
        Assert.All(containers, container => Assert.True(container!["ReadonlyRootFilesystem"]!.GetValue<bool>()));
    }

    [Fact]
    public void Settings_of_an_environment_come_to_their_process() => Assert.Equal(
        "0.04", Environment(synthesized.Moving.Service.One("AWS::ECS::TaskDefinition", "SiloTask"), 0)["Watch__CompletionTailFraction"]);

    [Fact]
    public void Two_clusters_run_side_by_side_and_the_public_is_sent_to_the_live_one()
    {
        var moving = synthesized.Moving;
        Assert.Equal(["blue", "green"], moving.Services.Keys.Order());
        foreach (var (cluster, stack) in moving.Services)
        {
            foreach (var id in new[] { "SiloTask", "ApiTask" })
            {
                Assert.Equal(cluster, Environment(stack.One("AWS::ECS::TaskDefinition", id), 0)["Cluster__ClusterId"]);
            }
        }

        Assert.All(
            moving.Edge.Find("AWS::ApiGateway::Method").Values,
            method => Assert.Contains("service-green", method["Properties"]!["Integration"]!["IntegrationTarget"]!.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_public_is_sent_away_from_keeps_its_exports() =>
        // CloudFormation refuses to take away what another stack still uses; the stack of the public is deployed after this one.
        Assert.Superset(
            synthesized.Production.Service.Json["Outputs"]!.AsObject().Select(output => output.Key).Where(key => key.Contains("Balancer", StringComparison.Ordinal)).ToHashSet(),
            synthesized.Moving.Services["blue"].Json["Outputs"]!.AsObject().Select(output => output.Key).ToHashSet());

    internal static Dictionary<string, string> Environment(JsonNode task, int container) =>
        task["ContainerDefinitions"]![container]!["Environment"]!.AsArray().ToDictionary(
            variable => variable!["Name"]!.GetValue<string>(), variable => Resolved.Text(variable!["Value"]!));

    private IEnumerable<JsonNode> Services() => Stack.Find("AWS::ECS::Service").Values.Select(service => service["Properties"]!);

    private JsonNode Main(string id) => Stack.One("AWS::ECS::TaskDefinition", $"{id}Task")["ContainerDefinitions"]![0]!;
}

/// <summary>What CloudFormation makes of a value.</summary>
internal static class Resolved
{
    /// <summary>The text, with what comes from other stacks replaced by <paramref name="import"/>.</summary>
    public static string Text(JsonNode node, string import = "imported") => node switch
    {
        JsonValue value => value.GetValue<string>(),
        JsonObject all when all["Fn::Join"] is { } join => string.Join(
            join[0]!.GetValue<string>(), join[1]!.AsArray().Select(part => Text(part!, import))),
        JsonObject all when all["Ref"] is { } reference => reference.GetValue<string>(),
        _ => import,
    };
}
