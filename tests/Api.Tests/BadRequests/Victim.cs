using System.Globalization;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>A user with something of everything, whose titles and devices nobody else ever names: where one turns up it was seen.</summary>
internal sealed class Victim
{
    private const double Place = 31_337.421;
    private const string Device = "canary-in-the-bedroom";
    private static readonly TimeSpan _recently = TimeSpan.FromMinutes(3);

    private readonly Guid[] _titles = [.. Enumerable.Range(0, 6).Select(_ => Guid.NewGuid())];

    private Victim(Viewer viewer) => Viewer = viewer;

    public Viewer Viewer { get; }

    public Guid[] Row { get; private set; } = [];

    /// <summary>What only the victim may be told.</summary>
    public IReadOnlyList<string> Canaries => [.. _titles.Select(title => $"{title}"), Device, Place.ToString(CultureInfo.InvariantCulture)];

    public static async Task<Victim> CreateAsync(TestService service, TestTokens tokens)
    {
        var viewer = new Viewer(service, tokens, Ids.Victim);
        var victim = new Victim(viewer);
        foreach (var title in victim._titles[..4])
            await viewer.ReportAsync(title, Place, Device, ago: _recently);
        await viewer.ReportAsync(Guid.Parse(Ids.KnownTitle), Place, Device, ago: 2 * _recently);
        await viewer.HideAsync(victim._titles[0]);

        // Everybody who writes the catalogue may end it early, or let it stand for another.
        await viewer.HideAsync(Guid.Parse(Ids.KnownTitle));
        await viewer.MarkWatchedAsync(victim._titles[1]);
        await viewer.ForgetAsync(victim._titles[4]);
        await viewer.SendAsync(HttpMethod.Put, $"/users/{viewer.User}/watchlist/{victim._titles[5]}");
        await viewer.SendAsync(HttpMethod.Put, $"/users/{viewer.User}/watchlist/{Ids.KnownTitle}");
        victim.Row = await viewer.RowTitlesAsync();
        return victim;
    }

    /// <summary>All that is held, but for the moment of asking.</summary>
    public async Task<string> ExportAsync()
    {
        var all = JsonNode.Parse((await Viewer.GetAsync("export")).GetRawText())!.AsArray();
        all[0]!.AsObject().Remove("exportedAt");
        return all.ToJsonString();
    }
}
