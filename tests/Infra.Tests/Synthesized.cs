using System.Text.Json.Nodes;
using Amazon.CDK;
using Amazon.CDK.Assertions;

namespace ContinueWatching.Infra.Tests;

/// <summary>The templates of the environments, synthesized once for all tests: each time costs seconds.</summary>
public sealed class Synthesized : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("continue-watching-infra-").FullName;
    private readonly Lazy<SynthesizedEnvironment> _production;
    private readonly Lazy<SynthesizedEnvironment> _staging;
    private readonly Lazy<SynthesizedEnvironment> _moving;

    public Synthesized()
    {
        _production = new(() => Synthesize(Deployment.Load("production")));
        _staging = new(() => Synthesize(Deployment.Load("staging")));
        _moving = new(() => Synthesize(Deployment.Load("production") with
        {
            Clusters = new Dictionary<string, string> { ["blue"] = "1.3.0", ["green"] = "2.0.0" },
            LiveCluster = "green",
            Silo = Deployment.Load("production").Silo with
            {
                Settings = new Dictionary<string, string> { ["Watch__CompletionTailFraction"] = "0.04" },
            },
            Database = Deployment.Load("production").Database with { RootCertificate = "/certificates/rds.pem" },
        }));
    }

    internal SynthesizedEnvironment Production => _production.Value;

    internal SynthesizedEnvironment Staging => _staging.Value;

    /// <summary>Production in the middle of a move from one cluster to another, with a rule of its own.</summary>
    internal SynthesizedEnvironment Moving => _moving.Value;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SynthesizedEnvironment Synthesize(Deployment deployment)
    {
        Assert.Empty(deployment.FindFaults());
        var app = new App(new AppProps { Outdir = Path.Combine(_folder, Guid.NewGuid().ToString("N")), AnalyticsReporting = false });
        return new SynthesizedEnvironment(deployment, new Stacks(app, deployment));
    }
}

/// <summary>One environment's templates.</summary>
internal sealed class SynthesizedEnvironment
{
    public SynthesizedEnvironment(Deployment deployment, Stacks stacks)
    {
        Deployment = deployment;
        Network = new SynthesizedStack(stacks.Network);
        Data = new SynthesizedStack(stacks.Data);
        Services = stacks.Services.ToDictionary(service => service.Key, service => new SynthesizedStack(service.Value));
        Edge = new SynthesizedStack(stacks.Edge);
        Alarms = new SynthesizedStack(stacks.Alarms);
    }

    public Deployment Deployment { get; }

    public SynthesizedStack Network { get; }

    public SynthesizedStack Data { get; }

    public IReadOnlyDictionary<string, SynthesizedStack> Services { get; }

    /// <summary>The cluster that the public is sent to.</summary>
    public SynthesizedStack Service => Services[Deployment.LiveCluster];

    public SynthesizedStack Edge { get; }

    public SynthesizedStack Alarms { get; }

    public IEnumerable<SynthesizedStack> All => [Network, Data, .. Services.Values, Edge, Alarms];
}

/// <summary>One template, for the library's assertions and for questions that these cannot ask.</summary>
internal sealed class SynthesizedStack
{
    public SynthesizedStack(Stack stack)
    {
        Name = stack.StackName;
        IsProtected = stack.TerminationProtection is true;
        Template = Template.FromStack(stack);
        Text = File.ReadAllText(Path.Combine(((App)stack.Node.Root).Outdir, stack.TemplateFile));
        Json = JsonNode.Parse(Text)!;
    }

    public string Name { get; }

    public bool IsProtected { get; }

    public Template Template { get; }

    public string Text { get; }

    public JsonNode Json { get; }

    /// <summary>The resources of <paramref name="type"/>, by their logical ids.</summary>
    public IReadOnlyDictionary<string, JsonNode> Find(string type) => Json["Resources"]!.AsObject()
        .Where(resource => resource.Value!["Type"]!.GetValue<string>() == type)
        .ToDictionary(resource => resource.Key, resource => resource.Value!);

    /// <summary>The properties of the only resource of <paramref name="type"/>, or of the one whose id begins with <paramref name="id"/>.</summary>
    public JsonNode One(string type, string id = "") =>
        Assert.Single(Find(type), resource => resource.Key.StartsWith(id, StringComparison.Ordinal)).Value["Properties"]!;

    /// <summary>Asserts that there is a resource of <paramref name="type"/> whose properties have at least what <paramref name="json"/> has.</summary>
    public void Has(string type, string json) => Template.HasResourceProperties(type, Plain(JsonNode.Parse(json))!);

    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject all => all.ToDictionary(member => member.Key, member => Plain(member.Value)),
        JsonArray all => all.Select(Plain).ToArray(),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value when value.TryGetValue<double>(out var number) => number,
        _ => null,
    };
}

/// <summary>Tests of the templates: one after the other, since all talk to one node process.</summary>
[CollectionDefinition(Name)]
public sealed class OnTemplates : ICollectionFixture<Synthesized>
{
    public const string Name = "templates";
}
