using System.Diagnostics.Metrics;
using System.Reflection;
using ContinueWatching.Api.Events;
using ContinueWatching.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Serialization.Invocation;

namespace ContinueWatching.Api.Tests;

/// <summary>Which calls of grains are tried again, on what, and for how long.</summary>
public sealed class RetriesTests(RunningService running) : ApiTest(running)
{
    private static readonly ApiSettings _settings = new() { CallDeadline = TimeSpan.FromSeconds(2) };

    // Of an API that is no silo.
    private readonly Retries _retries = RetriesIn(new ServiceCollection().BuildServiceProvider());

    private IUserGrain Grain => Service.Grains.GetUser(UserId.Parse(User));

    [Theory]
    [InlineData(nameof(IUserGrain.ReportAsync))]
    [InlineData(nameof(IUserGrain.GetRowAsync))]
    [InlineData(nameof(IUserGrain.HideAsync))]
    [InlineData(nameof(IUserGrain.ForgetAsync))]
    [InlineData(nameof(IUserGrain.PauseHistoryAsync))]
    public async Task A_lost_answer_is_asked_for_again(string method)
    {
        var call = FakeCall.Of(Grain, method, number => number == 1 ? new TimeoutException("No answer.") : null);

        await _retries.Invoke(call.Context);

        Assert.Equal(2, call.Count);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_by_nobody_here_is_asked_for_again()
    {
        var call = FakeCall.Of(Grain, nameof(IUserGrain.ReportAsync), number => number == 1 ? new OperationCanceledException() : null);

        await _retries.Invoke(call.Context);

        Assert.Equal(2, call.Count);
    }

    [Fact]
    public async Task What_is_refused_because_Postgres_is_away_is_told_at_once()
    {
        var call = FakeCall.Of(Grain, nameof(IUserGrain.ReportAsync), _ => new StorageUnavailableException("Postgres is away."));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => _retries.Invoke(call.Context));

        Assert.Equal(1, call.Count);
    }

    [Fact]
    public async Task After_the_deadline_it_is_given_up_with_the_last_reason()
    {
        var call = FakeCall.Of(Grain, nameof(IUserGrain.ReportAsync), number => new TimeoutException($"No answer {number}."));

        var given = await Assert.ThrowsAsync<TimeoutException>(() => _retries.Invoke(call.Context)).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(call.Count > 2, $"{call.Count}");
        Assert.Equal($"No answer {call.Count}.", given.Message);
    }

    // Its own grain may still be at it, and Orleans empties the request when it is done: asked for again, it would be asked for nothing.
    [Fact]
    public async Task A_process_that_is_the_silo_as_well_does_not_ask_again_for_what_it_may_be_doing()
    {
        var call = FakeCall.Of(Grain, nameof(IUserGrain.ReportAsync), _ => new TimeoutException("No answer."));

        await Assert.ThrowsAsync<TimeoutException>(() => RetriesIn(Service.Services).Invoke(call.Context));

        Assert.Equal(1, call.Count);
    }

    [Fact]
    public async Task A_process_that_is_the_silo_as_well_asks_again_for_what_was_not_begun()
    {
        var call = FakeCall.Of(
            Grain, nameof(IUserGrain.ReportAsync), number => number == 1 ? new SiloUnavailableException("The other silo is gone.") : null);

        await RetriesIn(Service.Services).Invoke(call.Context);

        Assert.Equal(2, call.Count);
    }

    [Fact]
    public async Task What_asks_another_grain_is_not_tried_again()
    {
        var call = FakeCall.Of(Service.Grains.GetGrain<IHealthGrain>(0), nameof(IHealthGrain.FindFaultAsync), _ => new TimeoutException("No answer."));

        await Assert.ThrowsAsync<TimeoutException>(() => _retries.Invoke(call.Context));

        Assert.Equal(1, call.Count);
    }

    private static Retries RetriesIn(IServiceProvider process) => new(
        Options.Create(_settings),
        TimeProvider.System,
        new ApiInstruments(
            new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), new EventStreams(Options.Create(_settings))),
        NullLogger<Retries>.Instance,
        process.GetRequiredService<IServiceProviderIsService>());
}

/// <summary>An outgoing call whose every try ends as a test says.</summary>
public class FakeCall : DispatchProxy
{
    private object? _grain;
    private string _method = "";
    private Func<int, Exception?> _end = _ => null;

    internal int Count { get; private set; }

    internal IOutgoingGrainCallContext Context => (IOutgoingGrainCallContext)(object)this;

    internal static FakeCall Of(object grain, string method, Func<int, Exception?> end)
    {
        var call = (FakeCall)(object)Create<IOutgoingGrainCallContext, FakeCall>();
        (call._grain, call._method, call._end) = (grain, method, end);
        return call;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        "get_Grain" => _grain,
        "get_MethodName" => _method,
        "get_SourceContext" => null,
        "get_Request" => Create<IInvokable, UnknownRequest>(),
        "Invoke" => _end(++Count) is { } failure ? Task.FromException(failure) : Task.CompletedTask,
        var other => throw new NotSupportedException(other),
    };
}

/// <summary>A request of which nothing is known.</summary>
public class UnknownRequest : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.ReturnType is { IsValueType: true } type && type != typeof(void) ? Activator.CreateInstance(type) : null;
}
