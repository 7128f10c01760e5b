using System.Net.Http.Headers;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Infra.Tests;

/// <summary>
/// Real processes, started with what the templates tell ECS to start them with: all of the environment but the addresses, which are those of this machine.
/// </summary>
[Collection(OnTemplates.Name)]
public sealed class TaskEnvironmentTests(Synthesized synthesized)
{
    private const string Administrator = "continue_watching_admin";
    private const string Password = "as0long1as2rotation3makes4them";

    [Fact]
    public async Task The_migration_a_silo_and_an_api_run_with_what_their_tasks_say_and_send_what_alarms_look_at()
    {
        await using var postgres = await TestPostgresServer.StartAsync();
        await PrepareAsync(postgres);

        // What the first container of the migration's task does, and again in each deployment after it.
        await MakeRolesAsync(postgres);
        await MakeRolesAsync(postgres);

        // The passwords have been changed once, as AWS' function does it: who migrates is the twin, and what it makes is the other's all the same.
        foreach (var role in new[] { DataStack.Role, DataStack.Caller })
            await RunAsync(postgres, Administrator, $"create role {TwinOf(role)} login password '{Password}'; grant {role} to {TwinOf(role)}");
        await using (var migration = ServiceProcess.Start("Silo", Environment("MigrationTask", 1, TwinOf(DataStack.Role), postgres), "--migrate-only"))
            Assert.True(await migration.ExitAsync() == 0, migration.Said);

        // What the last container does, and again in each deployment after it.
        await RunAsync(postgres, Administrator, Read("rights.sql"));
        await RunAsync(postgres, Administrator, Read("rights.sql"));

        // A person who looks for what is wrong is the administrator, who owns no table.
        await RunAsync(postgres, Administrator, "select * from orleansmembershiptable", "select * from resume");

        var tokens = new TestTokens();
        await using var receiver = await OtlpReceiver.StartAsync();
        var ports = ServiceProcess.FreePorts(5);
        var silo = Environment("SiloTask", 0, DataStack.Role, postgres, receiver);
        (silo["urls"], silo["Cluster__SiloPort"], silo["Cluster__GatewayPort"]) = ($"http://127.0.0.1:{ports[0]}", $"{ports[1]}", $"{ports[2]}");
        silo["Cluster__AdvertisedAddress"] = "127.0.0.1";
        var api = Environment("ApiTask", 0, TwinOf(DataStack.Caller), postgres, receiver);
        (api["urls"], api["Admin__Url"]) = ($"http://127.0.0.1:{ports[3]}", $"http://127.0.0.1:{ports[4]}");

        // The identity provider is none that this machine reaches.
        api.Remove("Authentication__Schemes__Bearer__Authority");
        foreach (var setting in tokens.Configuration.Select(setting => setting.Split('=', 2)))
            api[setting[0].Replace(":", "__", StringComparison.Ordinal)] = setting[1];

        await using var siloProcess = ServiceProcess.Start("Silo", silo);
        await using var apiProcess = ServiceProcess.Start("Api", api);
        var url = new Uri($"http://127.0.0.1:{ports[3]}");
        await apiProcess.AnswersAsync(new Uri(url, "/health/ready"));
        foreach (var (project, environment) in new[] { ("Silo", silo), ("Api", api) })
        {
            await using var health = ServiceProcess.Start(project, environment, "--health");
            Assert.True(await health.ExitAsync() == 0, health.Said);
        }

        await UseAsync(url, tokens);
        await NothingElseIsSeenAsync(api["ConnectionStrings__Postgres"]!);
        await receiver.FindAsync(
            received => Missing(received).Any() ? null : "",
            received => $"all but {string.Join(", ", Missing(received))}. Received: {string.Join('\n', received.Metrics.Select(metric => $"{metric.Service} {metric.Name} {metric.Form}"))}");
        Assert.All(receiver.Metrics.Where(IsWatched), metric => Assert.True(Suits(metric), $"{metric.Name} is sent as {metric.Form}, of which CloudWatch makes something else."));
        TheDashboardShowsEachValue(receiver);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task With_a_root_certificate_the_database_has_to_prove_that_it_is_the_one(bool isKnown, int exit)
    {
        await using var postgres = await TestPostgresServer.StartAsync();
        var known = await PrepareAsync(postgres);
        await MakeRolesAsync(postgres);
        var bundle = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pem");
        try
        {
            // As Amazon's: one authority of many.
            await File.WriteAllTextAsync(bundle, Certificate().ExportCertificatePem() + '\n' + (isKnown ? known : Certificate().ExportCertificatePem()));
            var environment = Environment("MigrationTask", 1, DataStack.Role, postgres, service: synthesized.Moving.Service);
            var (setting, place) = ("ConnectionStrings__Postgres", "/certificates/rds.pem");
            Assert.Contains(place, environment[setting], StringComparison.Ordinal);
            environment[setting] = environment[setting]!.Replace(place, bundle, StringComparison.Ordinal);

            await using var migration = ServiceProcess.Start("Silo", environment, "--migrate-only");
            Assert.True(await migration.ExitAsync() == exit, migration.Said);
        }
        finally
        {
            File.Delete(bundle);
        }
    }

    // Of a counter the exporter takes what is new; of a histogram only an exponential one keeps its percentiles, and it is not made new of old ones; and
    // what goes up and down has to be a gauge, or it would tell what has changed.
    private static bool Suits(ReceivedMetric metric) => metric.Form is MetricForm.Gauge or MetricForm.DeltaCounter or MetricForm.DeltaExponentialHistogram;

    private static bool IsWatched(ReceivedMetric metric) => EmittedMetric.All.Any(one => one.Name == metric.Name && one.Process == metric.Service);

    // Each metric, and each of its labels: what CloudWatch is told to keep apart by a label that nothing has, it keeps nowhere.
    private static IEnumerable<string> Missing(OtlpReceiver receiver) =>
        from one in EmittedMetric.All
        from label in one.Labels.Prepend("")
        where !receiver.Metrics.Any(metric => metric.Name == one.Name && metric.Service == one.Process && (label.Length == 0 || ValuesOf(metric, label).Any()))
        select $"{one.Name} {label}";

    private static IEnumerable<string> ValuesOf(ReceivedMetric metric, string label) =>
        metric.Labels.Split(',').Where(pair => pair.StartsWith($"{label}=", StringComparison.Ordinal)).Select(pair => pair[(label.Length + 1)..]);

    // Counters begin at zero, with each value that their label may have.
    private void TheDashboardShowsEachValue(OtlpReceiver receiver)
    {
        foreach (var label in new[] { "continue_watching.outcome", "continue_watching.gate", "continue_watching.load.kind" })
        {
            Assert.Equal(
                receiver.Metrics.SelectMany(metric => ValuesOf(metric, label)).Distinct().Order(StringComparer.Ordinal), ShownOf(label));
        }

        // Of why something is answered 503 only the first is sent before it happens: the rest are names of exceptions, and the API's own words.
        var why = typeof(Api.ApiHost).Assembly.GetType("ContinueWatching.Api.ApiInstruments", throwOnError: true)!
            .GetFields(BindingFlags.Public | BindingFlags.Static).Select(word => (string)word.GetRawConstantValue()!);
        Assert.Equal(why.Append(nameof(Contracts.StorageUnavailableException)).Append(nameof(TimeoutException)).Order(StringComparer.Ordinal), ShownOf("error.type"));
    }

    private IEnumerable<string> ShownOf(string label) => WatchedMetric.OnDashboard(synthesized.Production.Alarms)
        .Where(metric => metric.Labels.ContainsKey(label)).Select(metric => metric.Labels[label]).Distinct().Order(StringComparer.Ordinal);

    private static async Task UseAsync(Uri api, TestTokens tokens)
    {
        using var http = new HttpClient { BaseAddress = api };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Of("a-viewer"));
        using var report = new StringContent(
            $$"""{"userId": "a-viewer", "contentId": "{{Guid.NewGuid()}}", "resumeFrom": 60}""", Encoding.UTF8, "application/json");

        // The gateway may put its stage before a path.
        using var answer = await http.PutAsync(new Uri($"/{EdgeStack.StageName}/updateWatchStatus", UriKind.Relative), report);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        Assert.Contains("resumeFrom", await http.GetStringAsync(new Uri("/users/me/continue-watching", UriKind.Relative)), StringComparison.Ordinal);
    }

    // By the API's own connection string.
    private static async Task NothingElseIsSeenAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Username = TwinOf(DataStack.Caller), Password = Password, Pooling = false,
        });
        foreach (var sql in new[] { "select * from resume", "select * from users", "delete from orleansmembershiptable", "create table mine ()" })
        {
            await using var command = source.CreateCommand(sql);
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN=a database, OU={Guid.NewGuid():N}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    // As RDS gives it: encrypted, with an administrator who is no superuser and owns the database. Returns its certificate.
    private static async Task<string> PrepareAsync(TestPostgresServer postgres)
    {
        using var certificate = Certificate();
        using var key = certificate.GetRSAPrivateKey()!;
        await RunAsync(postgres, null, Write("server.crt", certificate.ExportCertificatePem()), Write("server.key", key.ExportPkcs8PrivateKeyPem()));
        await RunAsync(
            postgres, null,
            "alter system set ssl = on", "select pg_reload_conf()", $"create role {Administrator} createrole createdb login password '{Password}'",
            $"alter database {DataStack.DatabaseName} owner to {Administrator}",
            "alter schema public owner to pg_database_owner", "revoke create on schema public from public");
        return certificate.ExportCertificatePem();

        static string Write(string file, string pem) =>
            $"copy (select unnest(string_to_array('{pem}', E'\\n'))) to program 'umask 077; cat > {file}'";
    }

    // psql's way: all in one, with the password as a setting of the session.
    private static async Task MakeRolesAsync(TestPostgresServer postgres)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString(postgres, Administrator))
        {
            Options = $"-c roles.owner={Password} -c roles.caller={Password}",
        });
        await using var command = source.CreateCommand(Read("roles.sql"));
        await command.ExecuteNonQueryAsync();
    }

    private static async Task RunAsync(TestPostgresServer postgres, string? role, params string[] statements)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(role is null ? postgres.ConnectionString : ConnectionString(postgres, role))
        {
            Pooling = false,
        });
        foreach (var sql in statements)
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static string Read(string file)
    {
        using var reader = new StreamReader(typeof(DataStack).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    private static string TwinOf(string role) => $"{role}_clone";

    private static string ConnectionString(TestPostgresServer postgres, string role) =>
        $"Host=127.0.0.1;Port={postgres.Port};Database={DataStack.DatabaseName};Username={role};Password={Password};SSL Mode=Require";

    // The template's, with this machine's addresses, and with what ECS puts in for the secrets.
    private Dictionary<string, string?> Environment(
        string task, int container, string role, TestPostgresServer postgres, OtlpReceiver? receiver = null, SynthesizedStack? service = null)
    {
        var definition = (service ?? synthesized.Production.Service).One("AWS::ECS::TaskDefinition", task);
        var environment = definition["ContainerDefinitions"]![container]!["Environment"]!.AsArray().ToDictionary(
            variable => variable!["Name"]!.GetValue<string>(),
            variable => (string?)Resolved.Text(variable!["Value"]!, "127.0.0.1").Replace("Port=5432", $"Port={postgres.Port}", StringComparison.Ordinal));
        (environment["PGUSER"], environment["PGPASSWORD"]) = (role, Password);
        if (receiver is not null)
        {
            (environment["OTEL_EXPORTER_OTLP_ENDPOINT"], environment["OTEL_EXPORTER_OTLP_PROTOCOL"]) = (receiver.Url, "http/protobuf");
            environment["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        }

        return environment;
    }
}
