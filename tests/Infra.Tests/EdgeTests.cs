using System.Text.Json.Nodes;
using ContinueWatching.Testing;
using Microsoft.AspNetCore.Routing;

namespace ContinueWatching.Infra.Tests;

/// <summary>What the public reaches, and how much of it.</summary>
[Collection(OnTemplates.Name)]
public sealed class EdgeTests(Synthesized synthesized)
{
    private SynthesizedStack Stack => synthesized.Production.Edge;

    [Fact]
    public async Task The_gateway_has_the_services_routes_and_no_others()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var service = await TestService.StartAsync(database.ConnectionString, new TestTokens().Configuration);
        var routes =
            from route in service.Routes
            let path = "/" + route.RoutePattern.RawText!.Trim('/')
            where !path.StartsWith("/health", StringComparison.Ordinal) && !path.StartsWith("/docs", StringComparison.Ordinal)
                && !path.StartsWith("/dev/", StringComparison.Ordinal)
            from method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            where method is not "HEAD"
            select $"{method} {path}";

        Assert.Equal(
            routes.Distinct().Order(StringComparer.Ordinal),
            Methods().Where(method => !method.StartsWith("OPTIONS", StringComparison.Ordinal) && !method.Contains(" /docs", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_page_may_ask_on_each_path_whether_it_may_call_where_pages_may()
    {
        Assert.Equal(
            PublicRoute.Paths.Select(path => $"OPTIONS {path}").Order(StringComparer.Ordinal),
            Methods().Where(method => method.StartsWith("OPTIONS", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("\"OPTIONS\"", synthesized.Staging.Edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void All_routes_lead_straight_to_the_load_balancer_by_a_private_way()
    {
        Stack.Template.ResourceCountIs("AWS::ApiGatewayV2::VpcLink", 1);
        foreach (var method in Stack.Find("AWS::ApiGateway::Method").Values)
        {
            var integration = method["Properties"]!["Integration"]!;
            Assert.Equal("HTTP_PROXY", integration["Type"]!.GetValue<string>());
            Assert.Equal("VPC_LINK", integration["ConnectionType"]!.GetValue<string>());
            Assert.Equal("Link", integration["ConnectionId"]!["Ref"]!.GetValue<string>());
            Assert.Contains("ExportsOutputRefBalancer", integration["IntegrationTarget"]!.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_stands_in_a_path_comes_to_the_service_with_it()
    {
        var method = Method("DELETE", "/users/{userId}/continue-watching/{contentId}")["Properties"]!;
        Assert.EndsWith(
            "/users/{userId}/continue-watching/{contentId}", Resolved.Text(method["Integration"]!["Uri"]!), StringComparison.Ordinal);
        foreach (var name in new[] { "userId", "contentId" })
        {
            Assert.True(method["RequestParameters"]![$"method.request.path.{name}"]!.GetValue<bool>());
            Assert.Equal(
                $"method.request.path.{name}", method["Integration"]!["RequestParameters"]![$"integration.request.path.{name}"]!.GetValue<string>());
        }
    }

    [Fact]
    public void A_client_cannot_say_which_address_it_has() => Assert.All(
        Stack.Find("AWS::ApiGateway::Method").Values,
        method => Assert.Equal(
            "context.identity.sourceIp",
            method["Properties"]!["Integration"]!["RequestParameters"]!["integration.request.header.X-Forwarded-For"]!.GetValue<string>()));

    [Theory]
    [InlineData("GET", "/users/{userId}/events", "STREAM", 900_000)]
    [InlineData("GET", "/users/{userId}/export", "STREAM", 900_000)]
    [InlineData("PUT", "/updateWatchStatus", "BUFFERED", 29_000)]
    public void Event_streams_and_exports_come_as_they_are_written(string verb, string path, string mode, int timeout)
    {
        var integration = Method(verb, path)["Properties"]!["Integration"]!;
        Assert.Equal(mode, integration["ResponseTransferMode"]!.GetValue<string>());
        Assert.Equal(timeout, integration["TimeoutInMillis"]!.GetValue<int>());
    }

    [Fact]
    public void The_stage_and_each_route_are_throttled()
    {
        var settings = Stack.One("AWS::ApiGateway::Stage")["MethodSettings"]!.AsArray().ToDictionary(
            setting => $"{setting!["HttpMethod"]} {setting["ResourcePath"]!.GetValue<string>().Replace("~1", "/", StringComparison.Ordinal)}".Replace(" //", " /", StringComparison.Ordinal),
            setting => (setting!["ThrottlingRateLimit"]!.GetValue<int>(), setting["ThrottlingBurstLimit"]!.GetValue<int>()));

        Assert.Equal((10_000, 5_000), settings["* /*"]);
        Assert.Equal((8_000, 4_000), settings["PUT /updateWatchStatus"]);
        Assert.Equal((3_000, 2_000), settings["GET /getWatchStatus"]);
        Assert.Equal((50, 100), settings["GET /users/{userId}/export"]);
        var withoutTheirOwn = Methods().Except(settings.Keys).Where(method => !method.StartsWith("OPTIONS", StringComparison.Ordinal));
        Assert.Equal(["GET /docs", "GET /docs/{proxy+}", "GET /openapi/v1.json"], withoutTheirOwn.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Who_writes_the_catalogue_has_a_key_and_a_plan()
    {
        Assert.Equal(
            ["DELETE /titles/{contentId}", "PUT /titles", "PUT /titles/{contentId}"],
            Stack.Find("AWS::ApiGateway::Method").Values
                .Where(method => method["Properties"]!["ApiKeyRequired"]!.GetValue<bool>()).Select(NameOf).Order(StringComparer.Ordinal));
        Stack.Has("AWS::ApiGateway::UsagePlan", """
            {"Throttle": {"RateLimit": 20, "BurstLimit": 40}, "Quota": {"Limit": 100000, "Period": "DAY"}}
            """);
        Assert.Single(Stack.One("AWS::ApiGateway::UsagePlan")["ApiStages"]!.AsArray());
        Stack.Template.ResourceCountIs("AWS::ApiGateway::UsagePlanKey", 1);
        Assert.Null(Stack.One("AWS::ApiGateway::ApiKey")["Value"]);
    }

    [Fact]
    public void A_firewall_stops_an_address_that_floods()
    {
        Stack.Has("AWS::WAFv2::WebACL", """
            {"Scope": "REGIONAL", "Rules": [{
                "Name": "address-rate", "Action": {"Block": {}},
                "Statement": {"RateBasedStatement": {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": 20000}}}]}
            """);
        var association = Stack.One("AWS::WAFv2::WebACLAssociation");
        Assert.Equal("Firewall", association["WebACLArn"]!["Fn::GetAtt"]![0]!.GetValue<string>());
        Assert.Contains(
            Assert.Single(Stack.Find("AWS::ApiGateway::Stage").Keys), association["ResourceArn"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("THROTTLED", "429", "'1'")]
    [InlineData("WAF_FILTERED", "429", "'60'")]
    [InlineData("INTEGRATION_TIMEOUT", "503", "'1'")]
    [InlineData("INTEGRATION_FAILURE", "503", "'1'")]
    public void What_the_gateway_refuses_is_told_as_the_service_tells_it(string type, string status, string retryAfter)
    {
        var response = Assert.Single(
            Stack.Find("AWS::ApiGateway::GatewayResponse").Values, response => response["Properties"]!["ResponseType"]!.GetValue<string>() == type)["Properties"]!;
        Assert.Equal(status, response["StatusCode"]!.GetValue<string>());
        Assert.Equal(retryAfter, response["ResponseParameters"]!["gatewayresponse.header.Retry-After"]!.GetValue<string>());
        Assert.Equal("'application/problem+json'", response["ResponseParameters"]!["gatewayresponse.header.Content-Type"]!.GetValue<string>());
        Assert.Equal(status, $"{JsonNode.Parse(response["ResponseTemplates"]!["application/json"]!.GetValue<string>())!["status"]}");
    }

    [Fact]
    public void The_log_of_accesses_names_no_user()
    {
        var format = Stack.One("AWS::ApiGateway::Stage")["AccessLogSetting"]!["Format"]!.GetValue<string>();
        Assert.Equal("$context.resourcePath", JsonNode.Parse(format)!["route"]!.GetValue<string>());
        Assert.DoesNotContain("$context.path", format, StringComparison.Ordinal);
        Assert.DoesNotContain("sourceIp", format, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_target_makes_another_deployment()
    {
        // API Gateway serves what was last deployed: of a change that makes no new deployment nobody would notice anything.
        string Deployed(SynthesizedEnvironment environment) => Assert.Single(environment.Edge.Find("AWS::ApiGateway::Deployment").Keys);
        Assert.NotEqual(Deployed(synthesized.Production), Deployed(synthesized.Moving));
    }

    [Fact]
    public void A_name_of_ones_own_is_the_only_one()
    {
        var edge = synthesized.Staging.Edge;
        edge.Has("AWS::ApiGateway::DomainName", """{"DomainName": "watching.staging.example.com", "SecurityPolicy": "TLS_1_2"}""");
        edge.Has("AWS::ApiGateway::RestApi", """{"DisableExecuteApiEndpoint": true}""");
        edge.Template.ResourceCountIs("AWS::ApiGateway::BasePathMapping", 1);
    }

    private IEnumerable<string> Methods() => Stack.Find("AWS::ApiGateway::Method").Values.Select(NameOf);

    private JsonNode Method(string verb, string path) =>
        Assert.Single(Stack.Find("AWS::ApiGateway::Method").Values, method => NameOf(method) == $"{verb} {path}");

    private string NameOf(JsonNode method) => $"{method["Properties"]!["HttpMethod"]} {PathOf(method["Properties"]!["ResourceId"]!)}";

    private string PathOf(JsonNode resource)
    {
        if (resource["Ref"] is not { } reference)
            return "";
        var properties = Stack.Find("AWS::ApiGateway::Resource")[reference.GetValue<string>()]["Properties"]!;
        return $"{PathOf(properties["ParentId"]!)}/{properties["PathPart"]}";
    }
}
