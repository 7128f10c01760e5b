using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Testing;

/// <summary>What a collector is to a deployment: it takes metrics and traces by OTLP (http/protobuf), and keeps them all.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<ReceivedMetric> _metrics = [];
    private readonly List<ReceivedSpan> _spans = [];
    private readonly StringBuilder _text = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>Each series that was received, once, with its last value.</summary>
    public IReadOnlyList<ReceivedMetric> Metrics
    {
        get
        {
            lock (_metrics)
                return [.. _metrics.GroupBy(metric => (metric.Service, metric.Name, metric.Labels)).Select(series => series.Last())];
        }
    }

    public IReadOnlyList<ReceivedSpan> Spans
    {
        get
        {
            lock (_metrics)
                return [.. _spans];
        }
    }

    /// <summary>All that was received, as text: what no message is to contain.</summary>
    public string Text
    {
        get
        {
            lock (_metrics)
                return _text.ToString();
        }
    }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/metrics", http => receiver.TakeAsync(http, request => receiver._metrics.AddRange(ReadMetrics(request))));
        receiver._app.MapPost("/v1/traces", http => receiver.TakeAsync(http, request => receiver._spans.AddRange(ReadSpans(request))));
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Returns what <paramref name="find"/> finds, as soon as it finds something.</summary>
    /// <exception cref="TimeoutException">It does not come; <paramref name="describe"/> says what did.</exception>
    public async Task<T> FindAsync<T>(Func<OtlpReceiver, T?> find, Func<OtlpReceiver, string> describe)
        where T : class
    {
        var patience = Task.Delay(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task more;
            lock (_metrics)
                more = _more.Task;
            if (find(this) is { } found)
                return found;
            if (await Task.WhenAny(more, patience) == patience)
                throw new TimeoutException($"It was not received. What was: {describe(this)}");
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http, Action<WireMessage> keep)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        TaskCompletionSource more;
        lock (_metrics)
        {
            _text.Append(Encoding.Latin1.GetString(body.ToArray()));
            keep(new WireMessage(body.ToArray()));
            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
        http.Response.ContentType = "application/x-protobuf";
    }

    private static IEnumerable<ReceivedMetric> ReadMetrics(WireMessage request) =>
        from resource in request.Messages(1)
        let service = Attributes(resource.Message(1)!, 1).GetValueOrDefault("service.name", "")
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        from point in ReadPoints(metric)
        select new ReceivedMetric(service, metric.Text(1), metric.Text(3), point.Labels, point.Value) { Form = FormOf(metric) };

    private static MetricForm FormOf(WireMessage metric) =>
        metric.Has(5) ? MetricForm.Gauge
        : metric.Message(7) is { } sum ? (IsDelta(sum), sum.Value(3) == 1) switch
        {
            (true, true) => MetricForm.DeltaCounter,
            (false, true) => MetricForm.CumulativeCounter,
            _ => MetricForm.UpDownCounter,
        }
        : metric.Message(9) is not null ? MetricForm.Histogram
        : IsDelta(metric.Message(10)!) ? MetricForm.DeltaExponentialHistogram : MetricForm.CumulativeExponentialHistogram;

    private static bool IsDelta(WireMessage data) => data.Value(2) == 1;

    // Gauges, sums and histograms; of these the count.
    private static IEnumerable<(string Labels, double Value)> ReadPoints(WireMessage metric) =>
        metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)).Select(point => (
            Labels(Attributes(point, 7)),
            point.Has(4) ? BitConverter.UInt64BitsToDouble(point.Value(4)) : (double)(long)point.Value(6)))
        .Concat(metric.Messages(9).SelectMany(data => data.Messages(1)).Select(point => (Labels(Attributes(point, 9)), (double)point.Value(4))))
        .Concat(metric.Messages(10).SelectMany(data => data.Messages(1)).Select(point => (Labels(Attributes(point, 1)), (double)point.Value(4))));

    private static IEnumerable<ReceivedSpan> ReadSpans(WireMessage request) =>
        from resource in request.Messages(1)
        let service = Attributes(resource.Message(1)!, 1).GetValueOrDefault("service.name", "")
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new ReceivedSpan(service, scope.Message(1)!.Text(1), span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), Attributes(span, 9))
        {
            Links = [.. span.Messages(13).Select(link => link.Hex(2))],
        };

    private static Dictionary<string, string> Attributes(WireMessage message, int number) =>
        message.Messages(number).ToDictionary(pair => pair.Text(1), pair => pair.Message(2) is { } value
            ? value.Has(1) ? value.Text(1) : value.Value(3).ToString(CultureInfo.InvariantCulture)
            : "");

    private static string Labels(Dictionary<string, string> attributes) =>
        string.Join(',', attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
}

/// <summary>A point of a metric, with its labels as <c>name=value,…</c>; of a histogram, how often something was recorded.</summary>
public sealed record ReceivedMetric(string Service, string Name, string Unit, string Labels, double Value)
{
    public MetricForm Form { get; init; }
}

/// <summary>What a metric is on the wire.</summary>
public enum MetricForm
{
    Gauge,
    DeltaCounter,
    CumulativeCounter,
    UpDownCounter,
    Histogram,
    DeltaExponentialHistogram,
    CumulativeExponentialHistogram,
}

/// <summary>A span, its ids in hexadecimal.</summary>
public sealed record ReceivedSpan(
    string Service, string Scope, string Name, string TraceId, string Id, string ParentId, IReadOnlyDictionary<string, string> Attributes)
{
    public IReadOnlyList<string> Links { get; init; } = [];

    public override string ToString() =>
        $"{Service} {Scope} {Name} {Id}<-{ParentId} [{string.Join(", ", Attributes.Select(pair => $"{pair.Key}={pair.Value}"))}] links {string.Join(' ', Links)}";
}
