using System.Diagnostics;

namespace ContinueWatching.Silo;

/// <summary>
/// Orleans's own propagation of traces, for those calls alone whose trace is recorded. To every other it would give an activity as well,
/// caller and grain each, that is never sent: only requests begin traces (<c>RequestSampler</c>).
/// </summary>
internal static class RecordedTraces
{
    // W3C Trace Context, by which Orleans hands on what is recorded.
    private const string TraceParent = "traceparent";

    /// <summary>Has recorded traces go from callers to grains, and on to the grains that these call.</summary>
    public static ISiloBuilder AddRecordedTraces(this ISiloBuilder silo)
    {
        silo.AddActivityPropagation();
        Wrap<IIncomingGrainCallFilter>(silo.Services, static orleans => new Incoming(orleans));
        Wrap<IOutgoingGrainCallFilter>(silo.Services, static orleans => new Outgoing(orleans));
        return silo;
    }

    private static void Wrap<TFilter>(IServiceCollection services, Func<TFilter, TFilter> wrap)
        where TFilter : class
    {
        var orleans = services.Single(service => service.ServiceType == typeof(TFilter)
            && service.ImplementationType?.Name.StartsWith("ActivityPropagation", StringComparison.Ordinal) is true);
        services.Remove(orleans);
        services.AddSingleton(provider => wrap((TFilter)ActivatorUtilities.CreateInstance(provider, orleans.ImplementationType!)));
    }

    private sealed class Incoming(IIncomingGrainCallFilter orleans) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context) =>
            RequestContext.Get(TraceParent) is null ? context.Invoke() : orleans.Invoke(context);
    }

    private sealed class Outgoing(IOutgoingGrainCallFilter orleans) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext context) =>
            Activity.Current is { Recorded: true } ? orleans.Invoke(context) : context.Invoke();
    }
}
