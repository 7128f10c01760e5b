namespace ContinueWatching.Contracts;

/// <summary>
/// Asks the silo that the caller is connected to whether it can serve, its database included. Any key; a caller without an answer
/// has no cluster to serve it.
/// </summary>
[Alias("cw.IHealthGrain")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>What is wrong, in a sentence; null when reports are taken.</summary>
    /// <param name="callersTime">
    /// The caller's clock. It stamps reports (<see cref="Report.ReceivedAt"/>), so that one that is far off would let old places win.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    [Alias("findFault")]
    Task<string?> FindFaultAsync(DateTimeOffset callersTime, CancellationToken cancellationToken = default);
}
