using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace ContinueWatching.Hosting;

/// <summary>
/// Which traces are recorded: of those that an HTTP request begins, as <c>OTEL_TRACES_SAMPLER</c> says. Nothing else begins one. A call of a grain
/// whose request is not recorded comes to its silo without a word of that (Orleans hands on recorded traces only), and would be half
/// a trace; a silo's look at its membership would be one of nobody's.
/// </summary>
internal sealed class RequestSampler(Sampler sampler) : Sampler
{
    // Of a hundred requests one: with thousands a second that is plenty, and costs next to nothing. What a caller has decided for its own
    // trace stands.
    private const string Usual = "parentbased_traceidratio";
    private const double UsualShare = 0.01;

    private const string Key = "OTEL_TRACES_SAMPLER";
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    /// <summary>Reads the standard variables.</summary>
    /// <exception cref="InvalidOperationException">They name a sampler, or a share, that there is not.</exception>
    public static RequestSampler Of(IConfiguration configuration) => new((configuration[Key] ?? Usual) switch
    {
        "always_on" => new AlwaysOnSampler(),
        "always_off" => new AlwaysOffSampler(),
        "traceidratio" => new TraceIdRatioBasedSampler(Share(configuration)),
        "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
        "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
        "parentbased_traceidratio" => new ParentBasedSampler(new TraceIdRatioBasedSampler(Share(configuration))),
        var other => throw new InvalidOperationException(
            $"{Key} was {other}; allowed: always_on, always_off, traceidratio, or parentbased_ and one of these."),
    });

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.ParentContext.TraceId == default && samplingParameters.Name != Request
            ? new SamplingResult(SamplingDecision.Drop)
            : sampler.ShouldSample(samplingParameters);

    private static double Share(IConfiguration configuration) => configuration[$"{Key}_ARG"] is not { } text ? UsualShare
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1 ? share
        : throw new InvalidOperationException($"{Key}_ARG was {text}; allowed: a number from 0 to 1.");
}
