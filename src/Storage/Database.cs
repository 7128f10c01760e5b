using System.Net.Sockets;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>
/// Runs statements on pooled connections. A connection that turns out to be lost is replaced and the work repeated, so all work
/// given to it is idempotent; what Postgres does not take comes out as <see cref="StorageUnavailableException"/>.
/// </summary>
internal sealed partial class Database(NpgsqlDataSource source, IOptions<StorageOptions> options, ILogger<Database> logger)
{
    // How much longer than its statement a try may take: to connect, and to have the statement cancelled.
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    private int _isAway;

    /// <summary>Runs <paramref name="work"/>; again when its connection was lost, or it collided with somebody else's.</summary>
    /// <exception cref="StorageUnavailableException">Postgres is away, too slow, or can't take it now.</exception>
    /// <exception cref="PostgresException">
    /// Postgres refuses the data (SQLSTATE class 22 or 23): <see cref="RefusesData"/>. Nothing of the statement was stored.
    /// </exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var outcomeUnknown = false;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    var result = await RunOnceAsync(work, cancellationToken);
                    NoteBack();
                    return result;
                }
                catch (NpgsqlException exception) when (attempt < MaxAttempts(exception))
                {
                    outcomeUnknown |= IsOutcomeUnknown(exception);
                    if (IsLostConnection(exception))
                    {
                        // The pool's idle connections are as lost as this one was: without this, each would cost a try.
                        source.Clear();
                    }
                }
            }
        }
        catch (StorageUnavailableException exception)
        {
            NoteAway(exception.Message);
            throw outcomeUnknown ? new StorageUnavailableException(exception.Message) { OutcomeUnknown = true } : exception;
        }
        catch (NpgsqlException exception) when (!RefusesData(exception))
        {
            var reason = Describe(exception);
            NoteAway(reason);
            throw new StorageUnavailableException(reason) { OutcomeUnknown = outcomeUnknown || IsOutcomeUnknown(exception) };
        }
        catch (OperationCanceledException)
        {
            throw new StorageUnavailableException("The silo stopped while Postgres was at work.") { OutcomeUnknown = true };
        }
    }

    /// <summary>A command on <paramref name="connection"/>, under the time limit of <see cref="StorageOptions.CommandTimeout"/>.</summary>
    public NpgsqlCommand CreateCommand(NpgsqlConnection connection, string sql) =>
        new(sql, connection) { CommandTimeout = (int)Math.Ceiling(options.Value.CommandTimeout.TotalSeconds) };

    /// <summary>Several commands for one round trip, under the same limit.</summary>
    public NpgsqlBatch CreateBatch(NpgsqlConnection connection) =>
        new(connection) { Timeout = (int)Math.Ceiling(options.Value.CommandTimeout.TotalSeconds) };

    /// <summary>Whether Postgres refused a row for what is in it (data exception, integrity constraint), and so will again.</summary>
    public static bool RefusesData(NpgsqlException exception) =>
        exception is PostgresException { SqlState: ['2', '2' or '3', ..] };

    // A server that stands still keeps Npgsql for long after the time limit, or the token: it connects anew to have the statement
    // cancelled, and waits for that as well. Nobody else waits with it.
    private async Task<T> RunOnceAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var abandoned = new CancellationTokenSource();
        var attempt = RunToItsEndAsync(work, abandoned.Token);
        try
        {
            return await attempt.WaitAsync(options.Value.CommandTimeout + _grace, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            _ = abandoned.CancelAsync();
            _ = attempt.ContinueWith(static ended => ended.Exception, TaskScheduler.Default); // it was reported already
            throw exception is TimeoutException ? new NpgsqlException(exception.Message, exception) : exception;
        }
    }

    private async Task<T> RunToItsEndAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return await work(connection, cancellationToken);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException)
        {
            throw new StorageUnavailableException($"No connection to Postgres: {Describe(exception)}");
        }
    }

    // A new connection works or doesn't. Who has collided may do so again with the same opponent, who was woken by the release.
    private static int MaxAttempts(NpgsqlException exception) => IsLostConnection(exception) ? 2 : IsCollision(exception) ? 4 : 1;

    // It broke, or Postgres was told to end it, or it leads to a server that a failover has made a mere reader.
    private static bool IsLostConnection(NpgsqlException exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.ReadOnlySqlTransaction,
        _ => exception.InnerException is IOException or SocketException,
    };

    // Postgres itself asks for another try.
    private static bool IsCollision(NpgsqlException exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
    };

    // When Postgres itself says that a statement failed, it is rolled back; when the connection or the server went, who knows.
    private static bool IsOutcomeUnknown(NpgsqlException exception) =>
        exception is not PostgresException { SqlState: not (['5', '7', 'P', ..] or ['0', '8', ..] or ['5', '8', ..] or ['X', 'X', ..]) };

    private static string Describe(Exception exception) => exception switch
    {
        PostgresException postgres => $"{postgres.SqlState}: {postgres.MessageText}",
        { InnerException: { } inner } => inner.Message,
        _ => exception.Message,
    };

    // One line when it goes and one when it comes back, not one for each report in between.
    private void NoteAway(string reason)
    {
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            LogAway(logger, reason);
        }
    }

    private void NoteBack()
    {
        if (Volatile.Read(ref _isAway) == 1 && Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            LogBack(logger);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Postgres did not do what it was asked: {Reason}. What needs it is refused until it does again")]
    private static partial void LogAway(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "Postgres can be used again")]
    private static partial void LogBack(ILogger logger);
}
