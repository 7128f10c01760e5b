using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ContinueWatching.Bench;

/// <summary>What a heartbeat and a user cost, as a comparison measured it.</summary>
/// <param name="ServiceMicroseconds">Processor time of silo and API.</param>
/// <param name="PostgresMicroseconds">Of Postgres.</param>
/// <param name="WalBytes">Of WAL.</param>
/// <param name="Commits">Commits per heartbeat, at the measured load; fewer where more come together.</param>
/// <param name="UserBytes">Memory of an active user.</param>
internal sealed record UnitCosts(double ServiceMicroseconds, double PostgresMicroseconds, double WalBytes, double Commits, double UserBytes)
{
    /// <summary>Reads what <c>bench</c> wrote.</summary>
    /// <exception cref="InvalidDataException">It measured no silo + API, or no memory: the run was not a whole one.</exception>
    public static UnitCosts Read(string compareJson)
    {
        using var json = JsonDocument.Parse(compareJson);
        var result = json.RootElement.GetProperty("result");
        if (!result.GetProperty("heartbeats").TryGetProperty(Comparison.Separate, out var trials) || result.GetProperty("grains").ValueKind == JsonValueKind.Null)
            throw new InvalidDataException("The comparison is not a whole one: silo + API and the grains have to be measured.");
        return new UnitCosts(
            Median(trial => Number(trial, "serverCpuSeconds") * 1e6 / Number(trial, "answers")),
            Median(trial => Number(trial, "postgresCpuSeconds") * 1e6 / Number(trial, "answers")),
            Median(trial => Number(trial, "walPerAnswer")),
            Median(trial => Number(trial, "commitsPerAnswer")),
            Number(result.GetProperty("grains"), "liveBytes"));

        double Median(Func<JsonElement, double> figure) => Figures.Median(trials.EnumerateArray().Select(figure));
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}

/// <summary>Carries measured costs on to numbers of viewers that no machine here holds.</summary>
internal static class Scale
{
    private const double ReportIntervalSeconds = 10;

    // Room for the evening's peak, a lost zone, and what else a process does.
    private const double Utilisation = 0.5;
    private const int SiloCores = 8;
    private const int PostgresCores = 32;

    // What one server's disk is given to write for good, and what a follower can be given to replay.
    private const double WalBytesPerServer = 100e6;

    // Of each silo: a commit lane, two load lanes twice, the rarer statements, membership.
    private const int ConnectionsPerSilo = 24;

    /// <summary>What so many viewers need, as Markdown.</summary>
    public static string Table(UnitCosts costs, params long[] viewers)
    {
        var columns = viewers.Select(count => Of(costs, count)).ToArray();
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", viewers.Select(count => FormattableString.Invariant($"{count / 1e6:0.##} M viewers")))} |");
        table.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(viewers.Select(_ => "---:|"))}");
        foreach (var (name, index) in columns[0].Select((line, index) => (line.Name, index)))
            table.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", columns.Select(column => column[index].Value))} |");
        return table.ToString();
    }

    private static (string Name, string Value)[] Of(UnitCosts costs, long viewers)
    {
        var perSecond = viewers / ReportIntervalSeconds;
        var serviceCores = perSecond * costs.ServiceMicroseconds / 1e6;
        var postgresCores = perSecond * costs.PostgresMicroseconds / 1e6;
        var wal = perSecond * costs.WalBytes;
        var silos = Math.Max(3, Math.Ceiling(serviceCores / (SiloCores * Utilisation)));
        var servers = Math.Ceiling(Math.Max(postgresCores / (PostgresCores * Utilisation), wal / WalBytesPerServer));
        return
        [
            ("heartbeats per second, one each 10 s", Round(perSecond)),
            ("cores at work: silos and APIs", Round(serviceCores)),
            ($"tasks of {SiloCores} cores at {Utilisation:P0} (silos and APIs, half each; 3 silos at least)", Round(silos)),
            ("memory of active users, GB", (viewers * costs.UserBytes / 1e9).ToString("#,0.#", CultureInfo.InvariantCulture)),
            ("commits per second", Round(perSecond * costs.Commits)),
            ("cores at work: Postgres", postgresCores.ToString("#,0.#", CultureInfo.InvariantCulture)),
            ("WAL, MB per second", (wal / 1e6).ToString("#,0.#", CultureInfo.InvariantCulture)),
            ($"Postgres servers of {PostgresCores} cores at {Utilisation:P0}, {WalBytesPerServer / 1e6:0} MB of WAL per second each", Round(servers)),
            ("connections to Postgres", Round(silos / 2 * ConnectionsPerSilo)),
        ];
    }

    private static string Round(double value) => Math.Ceiling(value).ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
}
