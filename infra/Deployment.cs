using System.Text.Json;
using System.Text.Json.Serialization;

namespace ContinueWatching.Infra;

/// <summary>What differs between environments. Everything else is the same in all of them, so that staging shows what production will do.</summary>
internal sealed partial record Deployment
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Its name, in the names of all stacks: <c>production</c>.</summary>
    public required string Environment { get; init; }

    /// <summary>The region of everything: <c>eu-west-1</c>.</summary>
    public required string Region { get; init; }

    /// <summary>Two or more of that region's zones. Three silos in three zones survive the loss of any of them.</summary>
    public required IReadOnlyList<string> AvailabilityZones { get; init; }

    /// <summary>The network's addresses. Only a load balancer within them is believed what it says of a client's address.</summary>
    public required string Cidr { get; init; }

    /// <summary>Ways out of the private subnets: one per zone, or fewer, which then share the loss of one.</summary>
    public required int NatGateways { get; init; }

    /// <summary>
    /// The clusters that run side by side, by their ids, and the version of each, which is its images' tag: one, or two while users move from one to the
    /// other.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Clusters { get; init; }

    /// <summary>The one of them that the public is sent to.</summary>
    public required string LiveCluster { get; init; }

    /// <summary>Postgres.</summary>
    public required DatabaseSize Database { get; init; }

    /// <summary>The silos of each cluster.</summary>
    public required ProcessSize Silo { get; init; }

    /// <summary>The API processes of each cluster.</summary>
    public required ProcessSize Api { get; init; }

    /// <summary>Whose tokens are good.</summary>
    public required TokenIssuer Tokens { get; init; }

    /// <summary>Web origins whose pages may call.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>The name that apps call, if the gateway's own is not enough.</summary>
    public PublicName? Domain { get; init; }

    /// <summary>What the gateway lets through.</summary>
    public required Throttles Throttles { get; init; }

    /// <summary>How long logs are kept, in days: one of those that CloudWatch offers.</summary>
    public required int LogDays { get; init; }

    /// <summary>Where docs/runbook.md can be read: each alarm links to its section there.</summary>
    public required string RunbookUrl { get; init; }

    /// <summary>Reads an environment from its file.</summary>
    /// <exception cref="InvalidDeploymentException">There is none of that name, or what it says cannot be; the message names all that is wrong.</exception>
    public static Deployment Load(string environment)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "environments");
        var file = Path.Combine(folder, $"{environment}.json");
        if (!File.Exists(file))
        {
            var known = Directory.GetFiles(folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
            throw new InvalidDeploymentException($"There is no environment {environment}; there are {string.Join(", ", known)}.");
        }

        return Parse(File.ReadAllText(file), $"environments/{environment}.json");
    }

    /// <summary>Reads an environment from its text.</summary>
    /// <exception cref="InvalidDeploymentException">What it says cannot be; the message names all that is wrong.</exception>
    public static Deployment Parse(string text, string source)
    {
        Deployment deployment;
        try
        {
            deployment = JsonSerializer.Deserialize<Deployment>(text, _json)!;
        }
        catch (JsonException exception)
        {
            // A typing error in a file that people write: they want the place, not our stack.
            throw new InvalidDeploymentException($"{source}: {exception.Message}");
        }

        var faults = deployment.FindFaults().ToArray();
        return faults.Length == 0 ? deployment : throw new InvalidDeploymentException($"{source}: {string.Join("\n  ", ["cannot be deployed:", .. faults])}");
    }
}

/// <summary>Postgres, which is always in two zones, encrypted, and protected from being deleted.</summary>
internal sealed record DatabaseSize
{
    /// <summary>Without its <c>db.</c>: <c>r7g.large</c>.</summary>
    public required string InstanceClass { get; init; }

    /// <summary>Storage at the beginning, in GiB.</summary>
    public required int StorageGiB { get; init; }

    /// <summary>What it may grow to by itself, in GiB.</summary>
    public required int MaxStorageGiB { get; init; }

    /// <summary>For how many days it can be put back to any second: 7 to 35.</summary>
    public required int BackupDays { get; init; }

    /// <summary>
    /// <c>max_connections</c>. More than all processes have in their pools together, so that no silo is turned away by the others, and people still
    /// get in.
    /// </summary>
    public required int MaxConnections { get; init; }

    /// <summary>Whether there is a copy to ask and to fall back on, in a third place; it lags behind, and nobody writes to it.</summary>
    public required bool ReadReplica { get; init; }

    /// <summary>
    /// Where the images keep the certificates of RDS, <c>/certificates/rds.pem</c> (deploy/certificates/README.md): connections then check whom they talk to.
    /// Without it they are encrypted, no more.
    /// </summary>
    public string? RootCertificate { get; init; }
}

/// <summary>How much of one kind of process there is.</summary>
internal sealed record ProcessSize
{
    /// <summary>In 1/1024 of a core, as Fargate sells it.</summary>
    public required int Cpu { get; init; }

    /// <summary>In MiB, as Fargate sells it with that much <see cref="Cpu"/>.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>The fewest at any time.</summary>
    public required int Min { get; init; }

    /// <summary>The most.</summary>
    public required int Max { get; init; }

    /// <summary>The most connections to Postgres of one process.</summary>
    public required int Connections { get; init; }

    /// <summary>Settings of the README's table, as environment variables: <c>Watch__CompletionTailFraction</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>Whose tokens are good, and for whom they have to be made.</summary>
internal sealed record TokenIssuer
{
    /// <summary>The identity provider, <c>https://…</c>, which tells its keys itself.</summary>
    public required string Authority { get; init; }

    /// <summary>What tokens for this service have as their audience.</summary>
    public required string Audience { get; init; }
}

/// <summary>A name in DNS, and the certificate for it (of ACM, in the same region).</summary>
internal sealed record PublicName
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The certificate's ARN.</summary>
    public required string CertificateArn { get; init; }
}

/// <summary>Requests per second, and how many may come at once.</summary>
internal sealed record Throttle
{
    /// <summary>Per second.</summary>
    public required int Rate { get; init; }

    /// <summary>At once.</summary>
    public required int Burst { get; init; }
}

/// <summary>What the gateway lets through, of all callers together, and of one address.</summary>
internal sealed record Throttles
{
    /// <summary>All routes together.</summary>
    public required Throttle Stage { get; init; }

    /// <summary>Players' reports: by far the most.</summary>
    public required Throttle Reports { get; init; }

    /// <summary>Places, rows, watchlists: what an app asks when it is opened.</summary>
    public required Throttle Reads { get; init; }

    /// <summary>What a viewer changes by hand.</summary>
    public required Throttle Changes { get; init; }

    /// <summary>Event streams that are opened.</summary>
    public required Throttle Streams { get; init; }

    /// <summary>What costs much and comes seldom: journals, exports, imports, erasures.</summary>
    public required Throttle Heavy { get; init; }

    /// <summary>The catalogue's writers, who have a key each.</summary>
    public required Throttle Catalogue { get; init; }

    /// <summary>Requests of the catalogue's writers in a day.</summary>
    public required int CataloguePerDay { get; init; }

    /// <summary>
    /// Requests of one address in five minutes. A screen that plays sends 30; carriers put thousands of viewers behind one address.
    /// </summary>
    public required int AddressPerFiveMinutes { get; init; }
}

/// <summary>An environment cannot be deployed as it is described.</summary>
internal sealed class InvalidDeploymentException(string message) : Exception(message);
