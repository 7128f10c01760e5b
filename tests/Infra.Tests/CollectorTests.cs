using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ContinueWatching.Infra.Tests;

/// <summary>The side-car makes of the service's metrics what CloudWatch can read.</summary>
[Collection(OnTemplates.Name)]
public sealed class CollectorTests(Synthesized synthesized)
{
    // As the API reference of CloudWatch has them; of other units the whole record is refused.
    private static readonly string[] _units = ["Seconds", "Count", "Bytes", "Percent", "None"];

    [Theory]
    [InlineData("Silo")]
    [InlineData("Api")]
    public void Each_process_has_one_beside_it_which_it_does_not_need(string id)
    {
        var collector = Container(id);
        Assert.Contains("aws-otel-collector:v", collector["Image"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.False(collector["Essential"]!.GetValue<bool>());
        Assert.True(collector["RestartPolicy"]!["Enabled"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("Silo")]
    [InlineData("Api")]
    public void It_listens_where_the_process_sends_to(string id)
    {
        var environment = ServiceTests.Environment(synthesized.Production.Service.One("AWS::ECS::TaskDefinition", $"{id}Task"), 0);
        Assert.Equal(
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"],
            $"http://{Configuration(id)["receivers"]!["otlp"]!["protocols"]!["grpc"]!["endpoint"]!.GetValue<string>()}");
        Assert.False(environment.ContainsKey("OTEL_EXPORTER_OTLP_PROTOCOL"));
    }

    [Fact]
    public void Metrics_go_to_cloudwatch_and_traces_to_xray()
    {
        var pipelines = Configuration("Silo")["service"]!["pipelines"]!;
        Assert.Equal("awsemf", Assert.Single(pipelines["metrics"]!["exporters"]!.AsArray())!.GetValue<string>());
        Assert.Equal("awsxray", Assert.Single(pipelines["traces"]!["exporters"]!.AsArray())!.GetValue<string>());
    }

    [Fact]
    public void Each_metric_is_declared_once_with_a_unit_that_cloudwatch_knows()
    {
        var exporter = Configuration("Silo")["exporters"]!["awsemf"]!;
        Assert.Equal("ContinueWatching/production/blue", exporter["namespace"]!.GetValue<string>());
        Assert.Equal("NoDimensionRollup", exporter["dimension_rollup_option"]!.GetValue<string>());

        // The process' name is an attribute of the resource, which is no label else.
        Assert.True(exporter["resource_to_telemetry_conversion"]!["enabled"]!.GetValue<bool>());
        foreach (var metric in EmittedMetric.All)
        {
            Assert.Single(
                exporter["metric_declarations"]!.AsArray(),
                declaration => Regex.IsMatch(metric.Name, Assert.Single(declaration!["metric_name_selectors"]!.AsArray())!.GetValue<string>()));
            var descriptor = Assert.Single(exporter["metric_descriptors"]!.AsArray(), one => one!["metric_name"]!.GetValue<string>() == metric.Name)!;
            Assert.Contains(descriptor["unit"]!.GetValue<string>(), _units);
            Assert.True(descriptor["overwrite"]!.GetValue<bool>());
        }
    }

    [Fact]
    public void Nothing_in_it_is_taken_for_a_variable() => Assert.DoesNotContain('$', Resolved.Text(Container("Silo")["Environment"]![0]!["Value"]!));

    [Fact]
    public void Its_log_is_the_one_that_it_may_write_to()
    {
        var log = Configuration("Silo")["exporters"]!["awsemf"]!["log_group_name"]!.GetValue<string>();
        Assert.StartsWith("MetricsLog", log, StringComparison.Ordinal);
        Assert.Contains(log, synthesized.Production.Service.One("AWS::IAM::Policy", "SiloTaskTaskRole").ToJsonString(), StringComparison.Ordinal);
    }

    private JsonNode Container(string id) => synthesized.Production.Service.One("AWS::ECS::TaskDefinition", $"{id}Task")["ContainerDefinitions"]![1]!;

    private JsonNode Configuration(string id) =>
        JsonNode.Parse(ServiceTests.Environment(synthesized.Production.Service.One("AWS::ECS::TaskDefinition", $"{id}Task"), 1)["AOT_CONFIG_CONTENT"])!;
}
