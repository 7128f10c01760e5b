using System.Diagnostics.Metrics;
using System.Text.Json;
using ContinueWatching.Api.Events;
using ContinueWatching.Api.Rates;

namespace ContinueWatching.Api;

/// <summary>
/// What the REST front end measures beside ASP.NET's own metrics, which tell each route's answers and durations.
/// <c>docs/observability.md</c> tells what each is good for.
/// </summary>
internal sealed class ApiInstruments
{
    /// <summary>Why 503: no silo has been found yet.</summary>
    public const string Starting = "starting";

    /// <summary>Why 503: as many are at work on this as may be.</summary>
    public const string Busy = "busy";

    /// <summary>Why 503: the process has all the event streams that it may have.</summary>
    public const string TooManyStreams = "event_streams";

    private const string Name = "ContinueWatching";

    private static readonly KeyValuePair<string, object?>[] _gates = [.. Enum.GetValues<RateKind>().Select(kind =>
        new KeyValuePair<string, object?>("continue_watching.gate", JsonNamingPolicy.CamelCase.ConvertName($"{kind}")))];

    private readonly Counter<long> _retries;
    private readonly Counter<long> _rateLimited;
    private readonly Counter<long> _unavailable;

    /// <summary>Makes the instruments; counts begin at zero, so that the first of anything is seen as a change.</summary>
    public ApiInstruments(IMeterFactory meters, EventStreams streams)
    {
        var meter = meters.Create(Name);
        _retries = meter.CreateCounter<long>("continue_watching.api.retries", "{retry}", "Calls of grains that were made again.");
        _rateLimited = meter.CreateCounter<long>("continue_watching.api.rate_limited", "{request}", "Requests that were answered 429.");
        _unavailable = meter.CreateCounter<long>("continue_watching.api.unavailable", "{request}", "Requests that were answered 503.");
        meter.CreateObservableGauge("continue_watching.api.event_streams", () => streams.Open, "{stream}", "Live event streams.");
        _retries.Add(0);
        Unavailable(Starting, 0);
        foreach (var gate in _gates)
        {
            _rateLimited.Add(0, gate);
        }
    }

    /// <summary>A call of a grain is made again, because a silo was lost, joins or is overloaded.</summary>
    public void Retried() => _retries.Add(1);

    /// <summary>A request was answered 429.</summary>
    /// <param name="gate">Whose bucket was empty.</param>
    public void RateLimited(RateKind gate) => _rateLimited.Add(1, _gates[(int)gate]);

    /// <summary>A request was answered 503.</summary>
    /// <param name="reason">Why: one of few.</param>
    public void Unavailable(string reason) => Unavailable(reason, 1);

    private void Unavailable(string reason, int count) => _unavailable.Add(count, new KeyValuePair<string, object?>("error.type", reason));
}
