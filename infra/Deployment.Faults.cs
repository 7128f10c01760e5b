using System.Net;
using System.Text.RegularExpressions;

namespace ContinueWatching.Infra;

/// <summary>What cannot be, said before AWS would say it half an hour later, or never.</summary>
internal sealed partial record Deployment
{
    // Lanes, users' statements, the catalogue, membership and probe of a silo with its default settings (StorageOptions, CatalogueOptions).
    private const int SiloConnectionsLeast = 30;

    // Psql in the hands of somebody who looks for what is wrong, internal callers of grains, the rotation of secrets, RDS' own.
    private const int ConnectionsReserve = 60;

    // As CloudWatch offers them.
    private static readonly int[] _logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

    // As Fargate sells them: for so much processor, memory from, to and by (MiB).
    private static readonly Dictionary<int, (int From, int To, int Step)> _fargate = new()
    {
        [512] = (1024, 4096, 1024),
        [1024] = (2048, 8192, 1024),
        [2048] = (4096, 16384, 1024),
        [4096] = (8192, 30720, 1024),
        [8192] = (16384, 61440, 4096),
        [16384] = (32768, 122880, 8192),
    };

    /// <summary>How many connections the processes may have, while a deployment replaces all of them and a second cluster runs beside.</summary>
    public int ConnectionsAtMost =>
        Clusters.Count * ((WithSurge(Silo) * Silo.Connections) + (WithSurge(Api) * Api.Connections)) + ConnectionsReserve;

    /// <summary>How many percent of its tasks a service may have while it is deployed: at its smallest, one more than it has.</summary>
    public static int MaxHealthyPercent(ProcessSize process) => 100 + (int)Math.Ceiling(100.0 / process.Min);

    internal IEnumerable<string> FindFaults() =>
        [
            .. Check(Name().IsMatch(Environment), $"environment was {Environment}; allowed: 2 to 16 of a-z, 0-9 and -, a letter first."),
            .. Check(
                AvailabilityZones.Count >= 2 && AvailabilityZones.Distinct().Count() == AvailabilityZones.Count
                    && AvailabilityZones.All(zone => zone.StartsWith(Region, StringComparison.Ordinal) && zone.Length == Region.Length + 1),
                $"availabilityZones were {string.Join(", ", AvailabilityZones)}; allowed: two or more of {Region}, each once, as {Region}a."),
            .. Check(IPNetwork.TryParse(Cidr, out var network) && network.PrefixLength is >= 16 and <= 20, $"cidr was {Cidr}; allowed: 10.0.0.0/16, to /20."),
            .. Check(NatGateways >= 1 && NatGateways <= AvailabilityZones.Count, $"natGateways was {NatGateways}; allowed: 1 to {AvailabilityZones.Count}."),
            .. Check(
                Clusters.Count is 1 or 2 && Clusters.Keys.All(cluster => Name().IsMatch(cluster)),
                $"clusters were {string.Join(", ", Clusters.Keys)}; allowed: one id, or two while users move; each 2 to 16 of a-z, 0-9 and -, a letter first."),
            .. Clusters.SelectMany(cluster => Check(
                cluster.Value is { } version && Version().IsMatch(version),
                $"clusters.{cluster.Key} was {cluster.Value}; allowed: its version, the tag of images: letters, digits, ., _ and -.")),
            .. Check(Clusters.ContainsKey(LiveCluster), $"liveCluster was {LiveCluster}; allowed: {string.Join(" or ", Clusters.Keys)}."),
            .. FindFaults(Database),
            .. FindFaults("silo", Silo),
            .. FindFaults("api", Api),
            .. Check(
                Silo.Connections >= SiloConnectionsLeast,
                $"silo.connections was {Silo.Connections}; allowed: {SiloConnectionsLeast} and more, which a silo's lanes need at once."),
            .. Check(
                Database.MaxConnections >= ConnectionsAtMost,
                $"database.maxConnections was {Database.MaxConnections}; allowed: {ConnectionsAtMost} and more, which silos and APIs may have open "
                + "during a deployment."),
            .. Check(Silo.Min >= 3, $"silo.min was {Silo.Min}; allowed: 3 and more: two silos cannot tell which of them is lost."),
            .. Check(IsHttps(Tokens.Authority), $"tokens.authority was {Tokens.Authority}; allowed: https://…"),
            .. Check(Tokens.Audience.Length > 0, "tokens.audience was empty; allowed: the audience of this service's tokens."),
            .. CorsOrigins.SelectMany(origin => Check(
                IsHttps(origin) && !origin.EndsWith('/'), $"corsOrigins has {origin}; allowed: as a browser sends it, https://tv.example.com")),
            .. FindFaults(Throttles),
            .. Check(_logDays.Contains(LogDays), $"logDays was {LogDays}; allowed: {string.Join(", ", _logDays)}."),
            .. Check(IsHttps(RunbookUrl) && !RunbookUrl.Contains('#', StringComparison.Ordinal), $"runbookUrl was {RunbookUrl}; allowed: https://…, without #."),
        ];

    private static IEnumerable<string> FindFaults(DatabaseSize database) =>
        [
            .. Check(InstanceClass().IsMatch(database.InstanceClass), $"database.instanceClass was {database.InstanceClass}; allowed: as r7g.large, without db."),
            .. Check(database.StorageGiB is >= 20 and <= 65536, $"database.storageGiB was {database.StorageGiB}; allowed: 20 to 65536."),
            .. Check(
                database.MaxStorageGiB >= database.StorageGiB * 1.1 && database.MaxStorageGiB <= 65536,
                $"database.maxStorageGiB was {database.MaxStorageGiB}; allowed: 65536 at most, and a tenth more than storageGiB at least."),
            .. Check(database.BackupDays is >= 7 and <= 35, $"database.backupDays was {database.BackupDays}; allowed: 7 to 35."),
            .. Check(
                database.RootCertificate is null || (database.RootCertificate.StartsWith('/') && !database.RootCertificate.Contains(';', StringComparison.Ordinal)),
                $"database.rootCertificate was {database.RootCertificate}; allowed: a path in the images, or nothing."),
        ];

    private static IEnumerable<string> FindFaults(string name, ProcessSize process) =>
        [
            .. Check(
                _fargate.TryGetValue(process.Cpu, out var memory) && process.MemoryMiB >= memory.From && process.MemoryMiB <= memory.To
                    && process.MemoryMiB % memory.Step == 0,
                $"{name}.cpu and {name}.memoryMiB were {process.Cpu} and {process.MemoryMiB}; allowed: a pair that Fargate sells, as 1024 and 4096."),
            .. Check(process.Min >= 2 && process.Max >= process.Min, $"{name}.min and {name}.max were {process.Min} and {process.Max}; allowed: 2 <= min <= max."),
            .. Check(process.Connections >= 2, $"{name}.connections was {process.Connections}; allowed: 2 and more."),
            .. process.Settings.Keys.SelectMany(key => Check(
                Setting().IsMatch(key), $"{name}.settings has {key}; allowed: Section__Key of the Watch, Catalogue, Storage, Cluster, Rates, Api and Logging "
                + "sections. What the stack sets itself (ids, ports, the database, sign-in) has its own place in this file.")),
        ];

    private static IEnumerable<string> FindFaults(Throttles throttles)
    {
        var routes = new Dictionary<string, Throttle>
        {
            ["stage"] = throttles.Stage,
            ["reports"] = throttles.Reports,
            ["reads"] = throttles.Reads,
            ["changes"] = throttles.Changes,
            ["streams"] = throttles.Streams,
            ["heavy"] = throttles.Heavy,
            ["catalogue"] = throttles.Catalogue,
        };
        return
        [
            .. routes.SelectMany(route => Check(
                route.Value.Rate >= 1 && route.Value.Burst >= 1,
                $"throttles.{route.Key} was {route.Value.Rate} and {route.Value.Burst}; allowed: 1 and more.")),
            .. routes.SelectMany(route => Check(
                route.Value.Rate <= throttles.Stage.Rate, $"throttles.{route.Key}.rate was {route.Value.Rate}; allowed: no more than the stage's {throttles.Stage.Rate}.")),
            .. Check(throttles.CataloguePerDay >= 1, $"throttles.cataloguePerDay was {throttles.CataloguePerDay}; allowed: 1 and more."),
            .. Check(
                throttles.AddressPerFiveMinutes is >= 100 and <= 2_000_000_000,
                $"throttles.addressPerFiveMinutes was {throttles.AddressPerFiveMinutes}; allowed: 100 and more. A household sends that."),
        ];
    }

    private static IEnumerable<string> Check(bool isFine, string fault) => isFine ? [] : [fault];

    private static int WithSurge(ProcessSize process) => process.Max * MaxHealthyPercent(process) / 100;

    private static bool IsHttps(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps;

    [GeneratedRegex("^[a-z][a-z0-9-]{1,15}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    private static partial Regex Version();

    [GeneratedRegex("^[a-z0-9]+\\.[a-z0-9]+$")]
    private static partial Regex InstanceClass();

    [GeneratedRegex("^(Watch|Catalogue|Storage|Rates|Api|Logging|Cluster)__(?!ClusterId$|ServiceId$|SiloPort$|GatewayPort$|AdvertisedAddress$|AllowLoopback$|MigrateAtStart$|TrustedNetworks|CorsOrigins|PathBase)[A-Za-z0-9_.]+$")]
    private static partial Regex Setting();
}
