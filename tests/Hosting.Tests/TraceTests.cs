using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>What a trace tells of a request, and what it must not tell of a user.</summary>
[Collection(OnRunningCluster.Name)]
public sealed class TraceTests(RunningCluster cluster)
{
    private const string User = "a-name-of-a-user";

    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();

    private string TraceParent => $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01";

    [Fact]
    public async Task A_report_is_one_trace_from_the_request_through_the_grain_to_the_commit()
    {
        Assert.Equal(200, (await cluster.ReportAsync(User, Guid.NewGuid(), TraceParent)).Status);

        var spans = await SpansAsync(spans => spans.Any(span => span.Name == "PUT /updateWatchStatus") && spans.Any(span => span.Name == "commit batch"));

        var request = Assert.Single(spans, span => span.Name == "PUT /updateWatchStatus");
        var call = Assert.Single(spans, span => span.Name == "IUserGrain/ReportAsync" && span.ParentId == request.Id);
        var turn = Assert.Single(spans, span => span.Name == "IUserGrain/ReportAsync" && span.ParentId == call.Id);
        var commit = Assert.Single(spans, span => span.Name == "commit");
        var batch = Assert.Single(spans, span => span.Name == "commit batch");
        Assert.Equal(("continue-watching-api", "continue-watching-api"), (request.Service, call.Service));
        Assert.Equal(("continue-watching-silo", turn.Id, commit.Id), (turn.Service, commit.ParentId, batch.ParentId));
        Assert.Contains(spans, span => span.Scope == "Npgsql" && span.ParentId == batch.Id);
        Assert.Equal("200", request.Attributes["http.response.status_code"]);
    }

    [Fact]
    public async Task A_commit_that_carries_several_reports_is_linked_to_all_of_them()
    {
        // Of many at once, some are committed together.
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => cluster.ReportAsync($"{Guid.NewGuid()}", Guid.NewGuid(), TraceParent)));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));

        var spans = await SpansAsync(spans =>
            spans.Count(span => span.Name == "commit") == 100
            && spans.Where(span => span.Name == "commit batch").Sum(batch => Size(batch)) == 100);

        var commits = spans.Where(span => span.Name == "commit").Select(span => span.Id).ToHashSet();
        var batches = spans.Where(span => span.Name == "commit batch").ToArray();
        Assert.Contains(batches, batch => batch.Links.Count > 0);
        Assert.All(batches, batch => Assert.Equal(Math.Min(Size(batch) - 1, 32), batch.Links.Count));
        Assert.All(batches, batch => Assert.Subset(commits, new HashSet<string>([batch.ParentId, .. batch.Links])));
    }

    [Fact]
    public async Task No_trace_and_no_metric_names_a_user()
    {
        var token = cluster.Tokens.Of(User);
        await cluster.ReportAsync(User, Guid.NewGuid(), TraceParent);
        foreach (var path in new[] { $"/users/{User}/continue-watching", $"/getWatchStatus?userId={User}&contentId={Guid.NewGuid()}", $"/nowhere/{User}" })
            await RunningCluster.GetAsync(cluster.Api, path, token, TraceParent);

        // The last of them, and what came before.
        await SpansAsync(spans =>
            spans.Any(span => span.Name == "GET /users/{userId}/continue-watching")
            && spans.Any(span => span.Name == "GET /getWatchStatus")
            && spans.Any(span => span.Name == "GET"));

        Assert.DoesNotContain(User, cluster.Receiver.Text, StringComparison.Ordinal);
        foreach (var listener in new[] { cluster.Silo, cluster.ApiAdmin })
            Assert.DoesNotContain(User, (await RunningCluster.GetAsync(listener, "/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_probes_nor_looks_at_the_membership_are_traced()
    {
        await RunningCluster.GetAsync(cluster.Api, "/health/ready", traceParent: TraceParent);
        await RunningCluster.GetAsync(cluster.Silo, "/health/live", traceParent: TraceParent);
        await RunningCluster.GetAsync(cluster.Silo, "/metrics", traceParent: TraceParent);
        await cluster.ReportAsync(User, Guid.NewGuid(), TraceParent);

        await SpansAsync(spans => spans.Any(span => span.Name == "PUT /updateWatchStatus") && spans.Any(span => span.Name == "commit batch"));

        // What a request has done is below its span.
        Assert.DoesNotContain(cluster.Receiver.Spans, span => span.Scope == "Microsoft.AspNetCore" && span.Name.Contains("health", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Receiver.Spans, span => span.Scope == "Microsoft.AspNetCore" && span.Name.Contains("metrics", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Receiver.Spans, span => span.Scope == "Npgsql" && span.ParentId.Length == 0);
    }

    [Fact]
    public async Task Unless_it_is_set_otherwise_a_caller_can_decide_against_a_trace_and_can_not_have_more_of_them_than_others()
    {
        await using var own = await RunningCluster.StartAsync(("OTEL_TRACES_SAMPLER", null), ("OTEL_TRACES_SAMPLER_ARG", "0.5"));

        var refused = ActivityTraceId.CreateRandom();
        for (var report = 1; report <= 70; report++)
        {
            await own.ReportAsync(User, Guid.NewGuid(), $"00-{refused}-{ActivitySpanId.CreateRandom()}-00");
            await own.ReportAsync(User, Guid.NewGuid(), $"00-{report:x32}-{ActivitySpanId.CreateRandom()}-01");
        }

        // Spans are sent in their order: with one of the last twenty all of those before have come.
        await own.Receiver.FindAsync(
            receiver => receiver.Spans.FirstOrDefault(span => span.Name == "PUT /updateWatchStatus" && Convert.ToInt32(span.TraceId, 16) > 50),
            receiver => string.Join('\n', receiver.Spans));

        var requests = own.Receiver.Spans.Where(span => span.Name == "PUT /updateWatchStatus").ToArray();
        Assert.DoesNotContain(own.Receiver.Spans, span => span.TraceId == $"{refused}");
        Assert.InRange(requests.Count(span => Convert.ToInt32(span.TraceId, 16) <= 50), 5, 45);
        Assert.All(
            own.Receiver.Spans.Where(span => span.Name == "commit" && Convert.ToInt32(span.TraceId, 16) <= 50),
            span => Assert.Contains(requests, request => request.TraceId == span.TraceId));
    }

    [Fact]
    public void What_an_exception_says_is_not_told_for_it_may_name_the_grain()
    {
        using var span = new Activity("call")
            .SetTag("exception.type", "TimeoutException")
            .SetTag("exception.message", $"No answer of {User}")
            .SetTag("exception.stacktrace", $"at {User}")
            .SetStatus(ActivityStatusCode.Error, $"No answer of {User}");
        using var nameless = new Nameless();

        nameless.OnEnd(span);

        Assert.Equal("TimeoutException", Assert.Single(span.TagObjects).Value);
        Assert.Equal((ActivityStatusCode.Error, null), (span.Status, span.StatusDescription));
    }

    private static int Size(ReceivedSpan batch) =>
        int.Parse(batch.Attributes["continue_watching.batch.size"], System.Globalization.CultureInfo.InvariantCulture);

    private Task<ReceivedSpan[]> SpansAsync(Predicate<ReceivedSpan[]> isWhole) => cluster.Receiver.FindAsync(
        receiver => Spans(receiver) is var spans && isWhole(spans) ? spans : null,
        receiver => string.Join('\n', Spans(receiver).AsEnumerable()));

    private ReceivedSpan[] Spans(OtlpReceiver receiver) => [.. receiver.Spans.Where(span => span.TraceId == $"{_trace}")];
}
