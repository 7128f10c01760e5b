using System.Diagnostics;
using OpenTelemetry;

namespace ContinueWatching.Hosting;

/// <summary>
/// Takes out of spans what names a user: paths and queries (the route remains), the keys of grains, and what exceptions say (their types
/// remain): Orleans notes those of failed calls, and its own name the grain.
/// </summary>
internal sealed class Nameless : BaseProcessor<Activity>
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
        foreach (var (key, _) in data.TagObjects.ToArray())
        {
            if (key == "url.path")
            {
                data.SetTag(key, data.GetTagItem("http.route"));
            }
            else if (key is "url.query" or "url.full" or "exception.message" or "exception.stacktrace" || (key.StartsWith("orleans.", StringComparison.Ordinal) && !_keptOfOrleans.Contains(key)))
            {
                data.SetTag(key, null);
            }
        }

        if (data.StatusDescription is not null)
        {
            data.SetStatus(data.Status);
        }
    }
}
