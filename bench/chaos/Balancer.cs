using System.Net.Sockets;

namespace ContinueWatching.Chaos;

/// <summary>What a load balancer does in front of the APIs: asks each twice a second whether it is ready, and sends requests to those that are, in turn.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly Target[] _targets;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _probes = new() { Timeout = _patience };
    private readonly Task _probing;
    private int _next;

    public Balancer(IEnumerable<Member> apis)
    {
        _targets = [.. apis.Select(api => new Target(api))];
        _probing = Task.WhenAll(_targets.Select(ProbeAsync));
    }

    /// <summary>The next in turn that is ready; when none is, the next of all.</summary>
    public HttpClient Next()
    {
        var turn = (uint)Interlocked.Increment(ref _next);
        for (var step = 0u; step < _targets.Length; step++)
        {
            var target = _targets[(turn + step) % _targets.Length];
            if (target.IsReady)
            {
                return target.Http;
            }
        }

        return _targets[turn % _targets.Length].Http;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing;
        _probes.Dispose();
        Array.ForEach(_targets, target => target.Http.Dispose());
        _stop.Dispose();
    }

    private async Task ProbeAsync(Target target)
    {
        while (!_stop.IsCancellationRequested)
        {
            target.IsReady = await target.Api.IsReadyAsync(_probes, _stop.Token);
            try
            {
                await Task.Delay(_interval, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                // The end.
            }
        }
    }

    private sealed class Target(Member api)
    {
        private volatile bool _isReady = true;

        public Member Api => api;

        // Longer than the deadline that the API gives a request; each API has as many connections as there are requests at once.
        public HttpClient Http { get; } = new(new SocketsHttpHandler { ConnectCallback = ConnectAsync, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2) })
        {
            BaseAddress = api.Url,
            Timeout = TimeSpan.FromSeconds(15),
        };

        public bool IsReady
        {
            get => _isReady;
            set => _isReady = value;
        }

        private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
