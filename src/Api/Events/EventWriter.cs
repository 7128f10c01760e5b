using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Events;

/// <summary>Writes a stream's outbox as server-sent events, and something at least once in each keep-alive interval.</summary>
internal sealed class EventWriter(
    PipeWriter body, JsonSerializerOptions json, TimeProvider time, TimeSpan keepAlive, Outbox outbox, Alarm alarm)
{
    private const int IdLength = 12;
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    /// <summary>Writes until it is cancelled.</summary>
    /// <exception cref="TimeoutException">The client does not take what is written.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var written = time.GetTimestamp();
        while (true)
        {
            var wrote = false;
            TimeSpan wait;
            while (outbox.TryTake(out var title, out var row, out wait))
            {
                Write(title, row);
                await FlushAsync(cancellationToken);
                wrote = true;
            }

            if (!wrote && time.GetElapsedTime(written) >= keepAlive)
            {
                body.Write(": \n\n"u8);
                await FlushAsync(cancellationToken);
                wrote = true;
            }

            written = wrote ? time.GetTimestamp() : written;
            var untilSilent = keepAlive - time.GetElapsedTime(written);
            await alarm.WaitAsync(wait < TimeSpan.Zero || untilSilent < wait ? untilSilent : wait, cancellationToken);
        }
    }

    private void Write(TitleChange? title, ImmutableArray<RowEntry>? row)
    {
        if (row is { } entries)
        {
            Write("event: row\nid: "u8, JsonSerializer.SerializeToUtf8Bytes(RowAnswer.Of(entries), json));
        }
        else if (title!.Status is { } status)
        {
            Write("event: position\nid: "u8, JsonSerializer.SerializeToUtf8Bytes(WatchStatusAnswer.Of(status), json));
        }
        else
        {
            Write("event: position\nid: "u8, JsonSerializer.SerializeToUtf8Bytes(new NoPlace(title.ContentId), json));
        }
    }

    // The id is made of the content: whatever silo or API says it, and after whatever was lost, what is the same has the same.
    private void Write(ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        Span<byte> id = stackalloc byte[Base64Url.GetEncodedLength(SHA256.HashSizeInBytes)];
        Base64Url.EncodeToUtf8(hash, id);
        body.Write(head);
        body.Write(id[..IdLength]);
        body.Write("\ndata: "u8);
        body.Write(data);
        body.Write("\n\n"u8);
    }

    // It waits when the buffers between here and the client are full. Cancelled, it would break off a stream that could end in good order.
    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flush = body.FlushAsync(CancellationToken.None);
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        var flushed = flush.AsTask();
        try
        {
            await flushed.WaitAsync(keepAlive, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The end has come: what is half written has a moment more.
            await flushed.WaitAsync(_grace, time, CancellationToken.None);
        }
    }
}

/// <summary>A title that was forgotten: it starts at 0.</summary>
internal sealed record NoPlace(ContentId ContentId, double ResumeFrom = 0, bool Completed = false);
