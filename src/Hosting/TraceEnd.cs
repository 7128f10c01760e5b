using System.Diagnostics;
using OpenTelemetry;

namespace ContinueWatching.Hosting;

/// <summary>
/// The last look at a span before it is sent. What names a user is taken out: paths and queries (the route remains), and the keys of grains.
/// A statement that is part of nobody's trace is left out: silos and clients look at their membership every few seconds.
/// </summary>
internal sealed class TraceEnd : BaseProcessor<Activity>
{
    // What else Orleans notes may hold the key of a grain, which is a user's id.
    private static readonly HashSet<string> _keptOfOrleans =
    [
        "orleans.rpc.service", "orleans.grain.type", "orleans.silo.id", "orleans.activation.id", "orleans.activation.cause",
        "orleans.storage.provider", "orleans.storage.state.name", "orleans.storage.state.type",
    ];

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.Source.Name == Telemetry.Npgsql && data.ParentSpanId == default)
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        foreach (var (key, _) in data.TagObjects.ToArray())
        {
            if (key == "url.path")
            {
                data.SetTag(key, data.GetTagItem("http.route"));
            }
            else if (key is "url.query" or "url.full" || (key.StartsWith("orleans.", StringComparison.Ordinal) && !_keptOfOrleans.Contains(key)))
            {
                data.SetTag(key, null);
            }
        }
    }
}
