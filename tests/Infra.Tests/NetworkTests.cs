using System.Text.Json.Nodes;

namespace ContinueWatching.Infra.Tests;

/// <summary>Who may talk to whom, and that nobody else may.</summary>
[Collection(OnTemplates.Name)]
public sealed class NetworkTests(Synthesized synthesized)
{
    private static readonly string[] _rules =
    [
        "Edge to Balancer 80", "Callers to Balancer 80",
        "Balancer to Api 8080",
        "Silo to Silo 11111",
        "Api to Silo 30000", "Callers to Silo 30000",
        "Silo to Database 5432", "Api to Database 5432", "Callers to Database 5432", "Migration to Database 5432", "Rotation to Database 5432",
    ];

    [Fact]
    public void Only_they_reach_each_other_who_have_to()
    {
        var rules = synthesized.Production.All.SelectMany(stack => stack.Find("AWS::EC2::SecurityGroupIngress").Values).Select(resource =>
        {
            var rule = resource["Properties"]!;
            Assert.Equal(rule["FromPort"]!.GetValue<int>(), rule["ToPort"]!.GetValue<int>());
            return $"{GroupName(rule["SourceSecurityGroupId"]!)} to {GroupName(rule["GroupId"]!)} {rule["FromPort"]}";
        });

        Assert.Equal(_rules.Order(), rules.Order());
    }

    [Fact]
    public void Nobody_comes_in_from_an_address()
    {
        foreach (var stack in synthesized.Production.All)
        {
            Assert.DoesNotContain("\"CidrIpv6\"", stack.Text, StringComparison.Ordinal);
            Assert.All(stack.Find("AWS::EC2::SecurityGroup").Values, group => Assert.Null(group["Properties"]!["SecurityGroupIngress"]));
        }
    }

    [Fact]
    public void Processes_and_the_database_have_no_public_addresses()
    {
        var network = synthesized.Production.Network;
        var open = network.Find("AWS::EC2::Subnet").Where(subnet => subnet.Value["Properties"]!["MapPublicIpOnLaunch"]!.GetValue<bool>());

        Assert.Equal(3, open.Count(subnet => subnet.Key.StartsWith("Vpcpublic", StringComparison.Ordinal)));
        Assert.Equal(3, open.Count());
        foreach (var service in synthesized.Production.Service.Find("AWS::ECS::Service").Values)
        {
            var place = service["Properties"]!["NetworkConfiguration"]!["AwsvpcConfiguration"]!;
            Assert.Equal("DISABLED", place["AssignPublicIp"]!.GetValue<string>());
            Assert.All(place["Subnets"]!.AsArray(), subnet => Assert.Contains("Vpcprocesses", subnet!.ToJsonString(), StringComparison.Ordinal));
        }

        Assert.All(
            synthesized.Production.Data.Find("AWS::RDS::DBSubnetGroup").Values,
            group => Assert.All(
                group["Properties"]!["SubnetIds"]!.AsArray(), subnet => Assert.Contains("Vpcdata", subnet!.ToJsonString(), StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_zone_has_its_own_way_out_in_production()
    {
        synthesized.Production.Network.Template.ResourceCountIs("AWS::EC2::NatGateway", 3);
        synthesized.Staging.Network.Template.ResourceCountIs("AWS::EC2::NatGateway", 1);
    }

    [Fact]
    public void The_silos_and_apis_are_in_the_groups_that_the_rules_are_of()
    {
        var service = synthesized.Production.Service;
        foreach (var (id, group) in new[] { ("Silos", "Silo"), ("Apis", "Api") })
        {
            var groups = service.One("AWS::ECS::Service", id)["NetworkConfiguration"]!["AwsvpcConfiguration"]!["SecurityGroups"]!.AsArray();
            Assert.Equal(group, GroupName(Assert.Single(groups)!));
        }
    }

    // {"Fn::GetAtt": ["Silo2E1D739E", "GroupId"]}, or the same as an export of the network's stack.
    private static string GroupName(JsonNode reference)
    {
        var text = reference["Fn::GetAtt"]?[0]!.GetValue<string>()
            ?? reference["Fn::ImportValue"]!.GetValue<string>().Split("FnGetAtt")[1].Split("GroupId")[0];
        return text[..^8];
    }
}
