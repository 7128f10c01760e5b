using System.Collections.Concurrent;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains.Tests;

/// <summary>Stands in front of the titles' grains: counts who asks, lets them wait, or has them fail.</summary>
public sealed class TitleCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<ContentId, Calls> _titles = new();

    /// <summary>How often the title was asked for.</summary>
    public int CountOf(ContentId title) => Of(title).Count;

    /// <summary>Has calls for the title wait until what is returned is completed, or fails.</summary>
    public TaskCompletionSource Hold(ContentId title) =>
        Of(title).Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a call for the title has arrived.</summary>
    public Task ArrivedAsync(ContentId title) => Of(title).Arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context is { Grain: TitleGrain, MethodName: nameof(ITitleGrain.GetAsync) })
        {
            var title = Of(new ContentId(context.TargetId.GetGuidKey()));
            Interlocked.Increment(ref title.Count);
            title.Arrived.TrySetResult();
            if (title.Gate is { } gate)
                await gate.Task;
        }

        await context.Invoke();
    }

    private Calls Of(ContentId title) => _titles.GetOrAdd(title, _ => new Calls());

    private sealed class Calls
    {
        public int Count;

        public TaskCompletionSource? Gate { get; set; }

        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
