using Xunit.Abstractions;

// Every test here runs several processes, most of which wait for one another: two classes at a time make use of that, more would judge each other's load.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer("ContinueWatching.Cluster.Tests.LongestFirst", "ContinueWatching.Cluster.Tests")]

namespace ContinueWatching.Cluster.Tests;

/// <summary>What takes longest, and waits most of that time, begins: the others fit beside it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections
        .OrderByDescending(collection => collection.DisplayName.Contains(nameof(Chaos.ChaosTests), StringComparison.Ordinal))
        .ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);
}
