using System.Globalization;
using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Chaos;

/// <summary>
/// A deployment of real processes: Postgres with fsync on, silos, APIs. Whatever ends without having been told to is started again, as a
/// scheduler of containers does.
/// </summary>
internal sealed class Fleet : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(200);
    private static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(4) };

    private readonly CancellationTokenSource _stop = new();
    private readonly TestTokens _tokens = new();
    private readonly Member[] _silos;
    private readonly Member[] _apis;
    private Task _supervising = Task.CompletedTask;

    private Fleet(Network network, TestPostgresServer postgres, int silos, int apis)
    {
        (Network, Postgres) = (network, postgres);
        _silos = [.. Enumerable.Range(0, silos).Select(NewSilo)];
        _apis = [.. Enumerable.Range(0, apis).Select(NewApi)];
    }

    public Network Network { get; }

    public TestPostgresServer Postgres { get; }

    public IReadOnlyList<Member> Silos => _silos;

    public IReadOnlyList<Member> Apis => _apis;

    public static async Task<Fleet> StartAsync(Network network, int silos, int apis)
    {
        var postgres = await TestPostgresServer.StartDurableAsync(network.HostAddress, network.Hosts);
        var fleet = new Fleet(network, postgres, silos, apis);
        try
        {
            // The first one makes the schema.
            fleet._silos[0].Start();
            await fleet.ReadyAsync([fleet._silos[0]]);
            Member[] others = [.. fleet._silos[1..], .. fleet._apis];
            Array.ForEach(others, member => member.Start());
            await fleet.ReadyAsync(others);
            fleet._supervising = fleet.SuperviseAsync();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>A viewer's token.</summary>
    public string TokenOf(string user) => _tokens.Of(user, ("exp", TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeSeconds()));

    /// <summary>Until all of them, or these, are ready.</summary>
    public async Task ReadyAsync(IEnumerable<Member>? members = null)
    {
        using var limit = new CancellationTokenSource(_startLimit);
        foreach (var member in members ?? [.. _silos, .. _apis])
        {
            while (!await member.IsReadyAsync(_http, limit.Token))
            {
                if (limit.IsCancellationRequested)
                {
                    throw new TimeoutException($"{member.Name} is not ready. What it said:\n{member.Process?.Said}");
                }

                await Task.Delay(_look, CancellationToken.None);
            }
        }
    }

    /// <summary>The last lines that a member has said, for whoever has to find out why.</summary>
    public string Said() => string.Join("\n\n", _silos.Concat(_apis).Select(member => $"== {member.Name}\n{member.History}"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervising;
        foreach (var member in _silos.Concat(_apis))
        {
            await member.DisposeAsync();
        }

        await Postgres.DisposeAsync();
        _stop.Dispose();
    }

    private Member NewSilo(int index)
    {
        var ports = ServiceProcess.FreePorts(3);
        var address = Network.AddressOf(index);
        var connection = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { Host = Network.HostAddress };
        return new Member($"silo {index + 1}", index, new Uri($"http://{address}:{ports[2]}"), () => ServiceProcess.Start(
            "Silo",
            new Dictionary<string, string?>
            {
                ["ConnectionStrings__Postgres"] = connection.ConnectionString,
                ["Cluster__SiloPort"] = Text(ports[0]),
                ["Cluster__GatewayPort"] = Text(ports[1]),
                ["Cluster__AdvertisedAddress"] = address,
                ["urls"] = $"http://{address}:{ports[2]}",
                ["DOTNET_gcServer"] = "0",
            },
            [],
            Network.LauncherOf(index)));
    }

    private Member NewApi(int index)
    {
        var url = new Uri($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = Postgres.ConnectionString,
            ["urls"] = url.ToString(),
            ["Rates__Enabled"] = "false",
            ["DOTNET_gcServer"] = "0",
        };
        foreach (var setting in _tokens.Configuration)
        {
            var separator = setting.IndexOf('=', StringComparison.Ordinal);
            environment[setting[..separator].Replace(":", "__", StringComparison.Ordinal)] = setting[(separator + 1)..];
        }

        return new Member($"api {index + 1}", index, url, () => ServiceProcess.Start("Api", environment));
    }

    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var member in _silos.Concat(_apis))
            {
                await member.RestartIfEndedAsync();
            }

            await Task.Delay(_look, CancellationToken.None);
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One place in the deployment, and the process that has it now.</summary>
/// <param name="name">For people.</param>
/// <param name="index">Its number among its kind, from 0.</param>
/// <param name="url">Where it answers.</param>
/// <param name="start">Starts it.</param>
internal sealed class Member(string name, int index, Uri url, Func<ServiceProcess> start) : IAsyncDisposable
{
    private const int LinesKept = 60;
    private readonly List<string> _former = [];

    public string Name => name;

    public int Index => index;

    public Uri Url => url;

    public ServiceProcess? Process { get; private set; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>What it has said last, in this life and those before.</summary>
    public string History => string.Join('\n', _former.Concat(Process?.Lines.TakeLast(LinesKept) ?? []));

    public void Start()
    {
        Process = start();
        Starts++;
    }

    public void Signal(int signal) => Process?.Signal(signal);

    /// <summary>Starts it again when it has ended.</summary>
    public async Task RestartIfEndedAsync()
    {
        if (Process is { HasExited: true } ended)
        {
            _former.AddRange(ended.Lines.TakeLast(LinesKept));
            _former.Add("-- ended");
            await ended.DisposeAsync();
            Start();
        }
    }

    /// <summary>Until it was started so often.</summary>
    public async Task StartedAsync(int starts)
    {
        while (Starts < starts)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    public async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(url, "/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException)
        {
            // Not there, or not in time: not ready.
            return false;
        }
    }

    public ValueTask DisposeAsync() => Process?.DisposeAsync() ?? default;
}
