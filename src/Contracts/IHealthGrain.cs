namespace ContinueWatching.Contracts;

/// <summary>
/// Asks the silo that the caller is connected to whether it can serve, its database included. Any key; a caller without an answer
/// has no cluster to serve it.
/// </summary>
[Alias("cw.IHealthGrain")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>What is wrong, in a sentence; null when reports are taken.</summary>
    [Alias("findFault")]
    Task<string?> FindFaultAsync(CancellationToken cancellationToken = default);
}
