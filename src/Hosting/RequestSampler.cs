using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace ContinueWatching.Hosting;

/// <summary>
/// Which traces are recorded: of those that an HTTP request begins, as <c>OTEL_TRACES_SAMPLER</c> says. Nothing else begins one. A call of a grain
/// whose request is not recorded comes to its silo without a word of that (Orleans hands on recorded traces only), and would be half
/// a trace; a silo's look at its membership would be one of nobody's.
/// </summary>
/// <param name="requests">Decides on requests.</param>
/// <param name="others">Decides on what is done for them.</param>
internal sealed class RequestSampler(Sampler requests, Sampler others) : Sampler
{
    // Of a hundred requests one: with thousands a second that is plenty, and costs next to nothing.
    private const double UsualShare = 0.01;

    private const string Key = "OTEL_TRACES_SAMPLER";
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    /// <summary>Reads the standard variables.</summary>
    /// <exception cref="InvalidOperationException">They name a sampler, or a share, that there is not.</exception>
    public static RequestSampler Of(IConfiguration configuration)
    {
        if (configuration[Key] is { } name)
        {
            var sampler = Named(name, configuration);
            return new RequestSampler(sampler, sampler);
        }

        // Anybody on the internet can ask for a trace, and choose its id, and does not get more of them than others; who asks for none gets none.
        var chance = new ByChance(Share(configuration));
        return new RequestSampler(new ParentBasedSampler(chance, remoteParentSampled: chance), new ParentBasedSampler(chance));
    }

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var isRequest = samplingParameters.Name == Request;
        return samplingParameters.ParentContext.TraceId == default && !isRequest
            ? new SamplingResult(SamplingDecision.Drop)
            : (isRequest ? requests : others).ShouldSample(samplingParameters);
    }

    private static Sampler Named(string name, IConfiguration configuration) => name switch
    {
        "always_on" => new AlwaysOnSampler(),
        "always_off" => new AlwaysOffSampler(),
        "traceidratio" => new TraceIdRatioBasedSampler(Share(configuration)),
        "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
        "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
        "parentbased_traceidratio" => new ParentBasedSampler(new TraceIdRatioBasedSampler(Share(configuration))),
        _ => throw new InvalidOperationException(
            $"{Key} was {name}; allowed: always_on, always_off, traceidratio, or parentbased_ and one of these."),
    };

    private static double Share(IConfiguration configuration) => configuration[$"{Key}_ARG"] is not { } text ? UsualShare
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1 ? share
        : throw new InvalidOperationException($"{Key}_ARG was {text}; allowed: a number from 0 to 1.");

    private sealed class ByChance(double share) : Sampler
    {
        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            new(Random.Shared.NextDouble() < share ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
    }
}
