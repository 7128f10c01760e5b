using Amazon.CDK;
using Amazon.CDK.AWS.APIGateway;
using Amazon.CDK.AWS.CertificateManager;
using Amazon.CDK.AWS.WAFv2;
using Constructs;
using CfnVpcLink = Amazon.CDK.AWS.Apigatewayv2.CfnVpcLink;

namespace ContinueWatching.Infra;

/// <summary>
/// What the public reaches: API Gateway with the service's routes and nothing else, throttled, behind a firewall, and a private way to the load
/// balancer of the live cluster.
/// </summary>
internal sealed class EdgeStack : Stack
{
    /// <summary>The one stage.</summary>
    public const string StageName = "live";

    // Longer than an API tries (Api:CallDeadline, 10 s); API Gateway waits no longer for an answer that it hands on whole.
    private const int AnswerMs = 29_000;

    // As long as a stream may be.
    private const int StreamMs = 900_000;

    private readonly Deployment _deployment;

    public EdgeStack(Construct scope, string id, IStackProps props, Deployment deployment, NetworkStack network, ServiceStack live)
        : base(scope, id, props)
    {
        _deployment = deployment;
        Api = new RestApi(this, "Api", new RestApiProps
        {
            RestApiName = $"{Stacks.Product}-{deployment.Environment}",
            Description = "Continue Watching",
            EndpointTypes = [EndpointType.REGIONAL],
            CloudWatchRole = true,
            DisableExecuteApiEndpoint = deployment.Domain is not null,
            DeployOptions = StageOptions(),
        });
        var link = new CfnVpcLink(this, "Link", new Amazon.CDK.AWS.Apigatewayv2.CfnVpcLinkProps
        {
            Name = $"{Stacks.Product}-{deployment.Environment}",
            SubnetIds = network.Vpc.SelectSubnets(NetworkStack.ForProcesses).SubnetIds,
            SecurityGroupIds = [network.Edge.SecurityGroupId],
        });
        AddRoutes(VpcLink.FromVpcLinkId(this, "LinkById", link.Ref), live);
        AddCataloguePlan();
        AddRefusals();
        AddFirewall();
        AddName();
    }

    /// <summary>The gateway.</summary>
    public RestApi Api { get; }

    private StageOptions StageOptions() => new()
    {
        StageName = StageName,
        ThrottlingRateLimit = _deployment.Throttles.Stage.Rate,
        ThrottlingBurstLimit = _deployment.Throttles.Stage.Burst,
        MetricsEnabled = true,
        MethodOptions = PublicRoute.All.Where(route => route.Limit is not null).ToDictionary(
            route => $"{route.Path}/{route.Method}",
            IMethodDeploymentOptions (route) => new MethodDeploymentOptions
            {
                ThrottlingRateLimit = route.Limit!(_deployment.Throttles).Rate,
                ThrottlingBurstLimit = route.Limit(_deployment.Throttles).Burst,
                MetricsEnabled = true,
            }),

        // The route, not the path: that has the user in it.
        AccessLogDestination = new LogGroupLogDestination(
            _deployment.AddLog(this, "AccessLog", $"/{Stacks.Product}/{_deployment.Environment}/access")),
        AccessLogFormat = AccessLogFormat.Custom(
            """
            {"time":"$context.requestTime","id":"$context.requestId","method":"$context.httpMethod","route":"$context.resourcePath","status":"$context.status",
            """.Trim()
            + """
            "ms":"$context.responseLatency","serviceMs":"$context.integrationLatency","error":"$context.error.responseType","waf":"$context.wafResponseCode"}
            """.Trim()),
    };

    private void AddRoutes(IVpcLink link, ServiceStack live)
    {
        foreach (var route in PublicRoute.All)
        {
            AddMethod(route.Method, route, link, live);
        }

        // Whether a page may call is the service's to say (Api:CorsOrigins).
        if (_deployment.CorsOrigins.Count > 0)
        {
            foreach (var path in PublicRoute.Paths)
            {
                AddMethod("OPTIONS", new PublicRoute("OPTIONS", path, null), link, live);
            }
        }

        // API Gateway serves what was last deployed, and the library makes a new deployment for what it knows: overrides it does not.
        Api.LatestDeployment!.AddToLogicalId(new Dictionary<string, object> { ["overridden"] = Overridden() });
    }

    private void AddMethod(string method, PublicRoute route, IVpcLink link, ServiceStack live)
    {
        var parameters = route.Path.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}', '+')).ToArray();
        var integration = new Integration(new IntegrationProps
        {
            Type = IntegrationType.HTTP_PROXY,
            IntegrationHttpMethod = method,
            Uri = $"http://{live.Balancer.LoadBalancerDnsName}{route.Path.Replace("+}", "}", StringComparison.Ordinal)}",
            Options = new IntegrationOptions
            {
                ConnectionType = ConnectionType.VPC_LINK,
                VpcLink = link,
                RequestParameters = new Dictionary<string, string>(
                    parameters.Select(name => KeyValuePair.Create($"integration.request.path.{name}", $"method.request.path.{name}")))
                {
                    // What the client wrote into it itself goes no further: rates are counted by it.
                    ["integration.request.header.X-Forwarded-For"] = "context.identity.sourceIp",
                },
            },
        });
        var added = Api.Root.ResourceForPath(route.Path).AddMethod(method, integration, new MethodOptions
        {
            ApiKeyRequired = route.NeedsKey,
            RequestParameters = parameters.ToDictionary(name => $"method.request.path.{name}", _ => true),
        });

        // Newer than the library: straight to the load balancer, and answers that are streams.
        var resource = (CfnMethod)added.Node.DefaultChild!;
        resource.AddPropertyOverride("Integration.IntegrationTarget", live.Balancer.LoadBalancerArn);
        resource.AddPropertyOverride("Integration.ResponseTransferMode", route.IsStreamed ? "STREAM" : "BUFFERED");
        resource.AddPropertyOverride("Integration.TimeoutInMillis", route.IsStreamed ? StreamMs : AnswerMs);
    }

    private static string Overridden() => string.Join(' ', PublicRoute.All.Select(route => $"{route.Method} {route.Path} {route.IsStreamed}"));

    // Viewers have tokens, and are many. Who writes the catalogue is one of few, and what goes wrong with one of them must not be the others' trouble.
    private void AddCataloguePlan()
    {
        var throttle = new ThrottleSettings
        {
            RateLimit = _deployment.Throttles.Catalogue.Rate,
            BurstLimit = _deployment.Throttles.Catalogue.Burst,
        };
        var plan = Api.AddUsagePlan("CataloguePlan", new UsagePlanProps
        {
            Name = $"{Stacks.Product}-{_deployment.Environment}-catalogue",
            Throttle = throttle,
            Quota = new QuotaSettings { Limit = _deployment.Throttles.CataloguePerDay, Period = Period.DAY },
            ApiStages = [new UsagePlanPerApiStage { Api = Api, Stage = Api.DeploymentStage }],
        });

        // Its value is made by API Gateway, and stands in no template.
        plan.AddApiKey(Api.AddApiKey("CatalogueKey", new ApiKeyOptions { Description = "The catalogue's writer" }));
    }

    // What the gateway refuses itself is told as the service tells it: problem+json, and when to come again.
    private void AddRefusals()
    {
        Refuse("Throttled", ResponseType_.THROTTLED, 429, "Too Many Requests", retryAfterSeconds: 1);
        Refuse("Quota", ResponseType_.QUOTA_EXCEEDED, 429, "Too Many Requests", retryAfterSeconds: 3600);
        Refuse("Flooded", ResponseType_.WAF_FILTERED, 429, "Too Many Requests", retryAfterSeconds: 60);
        Refuse("NoAnswer", ResponseType_.INTEGRATION_TIMEOUT, 503, "Service Unavailable", retryAfterSeconds: 1);
        Refuse("NoService", ResponseType_.INTEGRATION_FAILURE, 503, "Service Unavailable", retryAfterSeconds: 1);
        Refuse("NoKey", ResponseType_.INVALID_API_KEY, 403, "Forbidden", retryAfterSeconds: null);
        Refuse("NoRoute", ResponseType_.MISSING_AUTHENTICATION_TOKEN, 404, "Not Found", retryAfterSeconds: null);
        Refuse("TooLarge", ResponseType_.REQUEST_TOO_LARGE, 413, "Content Too Large", retryAfterSeconds: null);
    }

    private void Refuse(string id, ResponseType_ type, int status, string title, int? retryAfterSeconds)
    {
        var headers = new Dictionary<string, string> { ["Content-Type"] = "'application/problem+json'" };
        if (retryAfterSeconds is { } seconds)
        {
            headers["Retry-After"] = $"'{seconds}'";
        }

        if (_deployment.CorsOrigins.Count > 0)
        {
            // Nothing in it is anybody's: any page may read that it is to wait.
            headers["Access-Control-Allow-Origin"] = "'*'";
            headers["Access-Control-Expose-Headers"] = "'Retry-After'";
        }

        Api.AddGatewayResponse(id, new GatewayResponseOptions
        {
            Type = type,
            StatusCode = $"{status}",
            ResponseHeaders = headers,
            Templates = new Dictionary<string, string> { ["application/json"] = $$"""{"title":"{{title}}","status":{{status}}}""" },
        });
    }

    private void AddFirewall()
    {
        static CfnWebACL.VisibilityConfigProperty Seen(string name) => new()
        {
            CloudWatchMetricsEnabled = true,
            SampledRequestsEnabled = true,
            MetricName = name,
        };

        var firewall = new CfnWebACL(this, "Firewall", new CfnWebACLProps
        {
            Name = $"{Stacks.Product}-{_deployment.Environment}",
            Scope = "REGIONAL",
            DefaultAction = new CfnWebACL.DefaultActionProperty { Allow = new CfnWebACL.AllowActionProperty() },
            VisibilityConfig = Seen("all"),
            Rules = new[]
            {
                new CfnWebACL.RuleProperty
                {
                    Name = "address-rate",
                    Priority = 0,
                    Action = new CfnWebACL.RuleActionProperty { Block = new CfnWebACL.BlockActionProperty() },
                    Statement = new CfnWebACL.StatementProperty
                    {
                        RateBasedStatement = new CfnWebACL.RateBasedStatementProperty
                        {
                            AggregateKeyType = "IP",
                            EvaluationWindowSec = 300,
                            Limit = _deployment.Throttles.AddressPerFiveMinutes,
                        },
                    },
                    VisibilityConfig = Seen("address-rate"),
                },
            },
        });
        _ = new CfnWebACLAssociation(this, "FirewallOfTheGateway", new CfnWebACLAssociationProps
        {
            WebAclArn = firewall.AttrArn,
            ResourceArn = Api.DeploymentStage.StageArn,
        });
    }

    private void AddName()
    {
        if (_deployment.Domain is not { } domain)
        {
            return;
        }

        var name = Api.AddDomainName("Name", new DomainNameOptions
        {
            DomainName = domain.Name,
            Certificate = Certificate.FromCertificateArn(this, "Certificate", domain.CertificateArn),
            EndpointType = EndpointType.REGIONAL,
            SecurityPolicy = SecurityPolicy.TLS_1_2,
        });
        _ = new CfnOutput(this, "NameTarget", new CfnOutputProps
        {
            Value = name.DomainNameAliasDomainName,
            Description = $"What DNS is to say of {domain.Name} (an alias, or CNAME)",
        });
    }
}
