namespace ContinueWatching.Cluster.Tests;

/// <summary>
/// What stands in front of several APIs: sends each request to one that is ready, in turn. Looks at them several times a second, and leaves at
/// the first look one that says that it is not.
/// </summary>
internal sealed class LoadBalancer : DelegatingHandler
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Uri[] _servers;
    private readonly HttpClient _looks;
    private readonly CancellationTokenSource _end = new();
    private volatile Uri[] _ready;
    private int _turn;

    public LoadBalancer(params Uri[] servers)
        : base(new SocketsHttpHandler())
    {
        (_servers, _ready) = (servers, servers);
        _looks = new HttpClient { Timeout = _patience };
        _ = LookAsync();
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var ready = _ready;
        if (ready.Length == 0)
            throw new HttpRequestException("No server is ready.");
        var server = ready[(int)((uint)Interlocked.Increment(ref _turn) % ready.Length)];
        request.RequestUri = new Uri(server, request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _end.Cancel();
        _looks.Dispose();
        base.Dispose(disposing);
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(_interval);
        while (!_end.IsCancellationRequested && await timer.WaitForNextTickAsync())
        {
            var answers = await Task.WhenAll(_servers.Select(IsReadyAsync));
            _ready = [.. _servers.Where((_, index) => answers[index])];
        }
    }

    private async Task<bool> IsReadyAsync(Uri server)
    {
        try
        {
            using var answer = await _looks.GetAsync(new Uri(server, "/health/ready"), _end.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // It is down: just what is asked.
            return false;
        }
    }
}
