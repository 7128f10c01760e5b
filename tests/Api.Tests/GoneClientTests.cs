using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using Npgsql;

namespace ContinueWatching.Api.Tests;

/// <summary>A client that has gone while its answer was being made: nobody's fault, and counted as such.</summary>
public sealed class GoneClientTests(RunningService running) : ApiTest(running)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly RunningService _running = running;

    [Fact]
    public async Task A_client_that_gives_up_waiting_is_counted_as_gone_and_not_as_a_failure()
    {
        using var patience = new CancellationTokenSource(_limit);
        using var answers = new Answers("/users/{userId}/continue-watching", status: 499);
        await using var holder = await _running.Database.DataSource.OpenConnectionAsync(patience.Token);
        await using var transaction = await holder.BeginTransactionAsync(patience.Token);
        await using var hold = new NpgsqlCommand("lock table resume", holder, transaction);
        await hold.ExecuteNonQueryAsync(patience.Token);
        using var client = new HttpClient { BaseAddress = Service.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/users/me/continue-watching");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var impatience = new CancellationTokenSource();

        var answer = client.SendAsync(request, impatience.Token);
        await UntilBlockedAsync(holder, patience.Token);
        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await answers.First.WaitAsync(patience.Token);
    }

    private async Task UntilBlockedAsync(NpgsqlConnection holder, CancellationToken cancellationToken)
    {
        await using var command = _running.Database.DataSource.CreateCommand(
            "select exists (select from pg_stat_activity where $1 = any (pg_blocking_pids(pid)))");
        command.Parameters.Add(new() { Value = holder.ProcessID });
        while (await command.ExecuteScalarAsync(cancellationToken) is not true)
            cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Counts the answers of a route that had a status, as the service's metrics tell them.</summary>
    private sealed class Answers : IDisposable
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MeterListener _listener = new();

        public Answers(string route, int status)
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "http.server.request.duration")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            {
                var told = new Dictionary<string, object?>(tags.ToArray());
                if (told.GetValueOrDefault("http.route") is string asked && asked == route
                    && told.GetValueOrDefault("http.response.status_code") is int given && given == status)
                    _first.TrySetResult();
            });
            _listener.Start();
        }

        public Task First => _first.Task;

        public void Dispose() => _listener.Dispose();
    }
}
