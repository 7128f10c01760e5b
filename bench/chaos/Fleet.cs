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

    private Fleet(Network network, TestPostgresServer postgres, ChaosPlan plan)
    {
        (Network, Postgres) = (network, postgres);
        _silos = [.. Enumerable.Range(0, plan.Silos).Select(NewSilo)];
        _apis = [.. Enumerable.Range(0, plan.Apis).Select(index => NewApi(index, plan.DrainTime))];
    }

    public Network Network { get; }

    public TestPostgresServer Postgres { get; }

    public IReadOnlyList<Member> Silos => _silos;

    public IReadOnlyList<Member> Apis => _apis;

    public static async Task<Fleet> StartAsync(Network network, ChaosPlan plan)
    {
        var postgres = await TestPostgresServer.StartDurableAsync(network.HostAddress, network.Hosts);
        var fleet = new Fleet(network, postgres, plan);
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

    /// <summary>How the processes ended that did since the last call.</summary>
    public IReadOnlyList<MemberExit> TakeExits() => [.. _silos.Concat(_apis).SelectMany(member => member.TakeExits())];

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

    private Member NewApi(int index, TimeSpan? drainTime)
    {
        var url = new Uri($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = Postgres.ConnectionString,
            ["urls"] = url.ToString(),
            ["Rates__Enabled"] = "false",
            ["DOTNET_gcServer"] = "0",
        };
        if (drainTime is { } time)
            environment["Api__DrainTime"] = time.ToString("c", CultureInfo.InvariantCulture);
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
