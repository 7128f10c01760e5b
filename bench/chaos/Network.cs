using System.Diagnostics;
using System.Globalization;

namespace ContinueWatching.Chaos;

/// <summary>
/// Where the silos are: on loopback, or each in a network namespace of its own behind one bridge, where it can be cut off from whomever one
/// likes. Packets are dropped in silence, as when a cable is pulled: nobody is told that a connection is gone.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private const string Prefix = "cwchaos";
    private readonly int _silos;

    // By the process, so that two runs on one machine, a developer's and a test's, don't pull each other's cables.
    private readonly string _bridge = NameOf(Environment.ProcessId);
    private readonly string _subnet = string.Create(CultureInfo.InvariantCulture, $"10.213.{Environment.ProcessId % 250}");

    private Network(int silos) => _silos = silos;

    /// <summary>Whether a silo can be cut off.</summary>
    public bool CanCut => _silos > 0;

    /// <summary>The address of the host, of Postgres and of the APIs, as silos see it.</summary>
    public string HostAddress => CanCut ? $"{_subnet}.1" : "127.0.0.1";

    /// <summary>Everybody behind the bridge, for Postgres to let them in; null where there is none.</summary>
    public string? Hosts => CanCut ? $"{_subnet}.0/24" : null;

    /// <summary>All on loopback.</summary>
    public static Network Loopback() => new(0);

    /// <summary>Why this machine can't have namespaces; null when it can.</summary>
    public static async Task<string?> FindObstacleAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "network namespaces need Linux and root";
        }

        var probe = $"{NameOf(Environment.ProcessId)}p";
        foreach (var command in new[] { $"ip netns add {probe}", $"ip netns exec {probe} nft add table inet probe", $"ip netns del {probe}" })
        {
            if (await TryRunAsync(command) is { } refusal)
            {
                return $"\"{command}\" failed: {refusal}";
            }
        }

        return null;
    }

    /// <summary>Makes the bridge and a namespace for each silo.</summary>
    public static async Task<Network> CreateAsync(int silos)
    {
        await RemoveAbandonedAsync();
        var network = new Network(silos);
        await RunAsync($"ip link add {network._bridge} type bridge");
        await RunAsync($"ip addr add {network._subnet}.1/24 dev {network._bridge}");
        await RunAsync($"ip link set {network._bridge} up");
        for (var silo = 0; silo < silos; silo++)
        {
            var (name, address) = (network.Namespace(silo), network.AddressOf(silo));
            await RunAsync($"ip netns add {name}");
            await RunAsync($"ip link add {name}v type veth peer name eth0 netns {name}");
            await RunAsync($"ip link set {name}v master {network._bridge} up");
            await RunAsync($"ip netns exec {name} ip addr add {address}/24 dev eth0");
            await RunAsync($"ip netns exec {name} ip link set eth0 up");
            await RunAsync($"ip netns exec {name} ip link set lo up");
            await RunAsync($"ip netns exec {name} nft add table inet cut");
            foreach (var hook in new[] { "input", "output" })
            {
                await RunAsync($"ip netns exec {name} nft add chain inet cut {hook} {{ type filter hook {hook} priority 0 ; }}");
            }
        }

        return network;
    }

    /// <summary>The address of a silo.</summary>
    public string AddressOf(int silo) => CanCut ? string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{silo + 11}") : "127.0.0.1";

    /// <summary>What a silo's command line begins with, so that it runs where it belongs.</summary>
    public string[] LauncherOf(int silo) => CanCut ? ["ip", "netns", "exec", Namespace(silo)] : [];

    /// <summary>Drops what comes to a silo, and what leaves it, where <paramref name="match"/> says so: <c>ip daddr 10.0.0.1</c>.</summary>
    public async Task CutAsync(int silo, string match)
    {
        await RunAsync($"ip netns exec {Namespace(silo)} nft add rule inet cut output {match} drop");
        await RunAsync($"ip netns exec {Namespace(silo)} nft add rule inet cut input {match.Replace("daddr", "saddr", StringComparison.Ordinal)} drop");
    }

    /// <summary>Lets everything through again.</summary>
    public async Task HealAsync(int silo) => await RunAsync($"ip netns exec {Namespace(silo)} nft flush table inet cut");

    public async ValueTask DisposeAsync() => await RemoveAsync();

    private static string NameOf(int process) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{process % 1_000_000}");

    private string Namespace(int silo) => string.Create(CultureInfo.InvariantCulture, $"{_bridge}{(char)('a' + silo)}");

    private async Task RemoveAsync()
    {
        for (var silo = 0; silo < _silos; silo++)
        {
            await RunAsync($"ip netns del {Namespace(silo)}");
        }

        if (CanCut)
        {
            await RunAsync($"ip link del {_bridge}");
        }
    }

    // What a run has left that was killed: its process is no more.
    private static async Task RemoveAbandonedAsync()
    {
        foreach (var (folder, remove) in new[] { ("/run/netns", "ip netns del"), ("/sys/class/net", "ip link del") })
        {
            var names = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder, $"{Prefix}*").Select(Path.GetFileName) : [];
            foreach (var name in names.Where(name => !IsAlive(name!)))
            {
                await TryRunAsync($"{remove} {name}");
            }
        }
    }

    private static bool IsAlive(string name) =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Any(process => int.TryParse(process, CultureInfo.InvariantCulture, out var id)
            && name.TrimEnd([.. "abcdefghijklmnopqrstuvwxyz"]) == NameOf(id));

    private static async Task RunAsync(string command)
    {
        if (await TryRunAsync(command) is { } refusal)
        {
            throw new InvalidOperationException($"\"{command}\" failed: {refusal}");
        }
    }

    private static async Task<string?> TryRunAsync(string command)
    {
        var words = command.Split(' ');
        try
        {
            using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? null : said.Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
