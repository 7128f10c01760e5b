using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Users;

/// <summary>What is known of a user beside titles.</summary>
internal sealed record UserAnswer(string UserId, DateTime? CreatedAt, bool HistoryPaused)
{
    public static UserAnswer Of(UserId user, UserProfile profile) =>
        new(user.Value, profile.CreatedAt?.UtcDateTime, profile.HistoryPaused);
}

/// <summary>A page of the history, and the cursor for the next one, when there is one.</summary>
internal sealed record HistoryAnswer(IReadOnlyList<WatchStatusAnswer> Items, string? Next)
{
    public static HistoryAnswer Of(HistoryPage page) => new(
        Array.ConvertAll([.. page.Titles], WatchStatusAnswer.Of), page.End is { } end ? Cursor.ToText(end) : null);
}

/// <summary>The watchlist.</summary>
internal sealed record WatchlistAnswer(IReadOnlyList<WatchlistItem> Items);

/// <summary>One title of the watchlist, and where the viewer is in it, when they have begun.</summary>
internal sealed record WatchlistItem(ContentId ContentId, DateTime AddedAt, WatchStatusAnswer? Status)
{
    public static WatchlistItem Of(WatchlistEntry entry) => new(
        entry.ContentId, entry.AddedAt.UtcDateTime, entry.Status is { } status ? WatchStatusAnswer.Of(status) : null);
}

/// <summary>The receipt of an erasure: when, and how many rows of each table.</summary>
internal sealed record ErasureAnswer(DateTime ErasedAt, IReadOnlyDictionary<string, int> Rows)
{
    public static ErasureAnswer Of(ErasureReceipt receipt) => new(receipt.ErasedAt.UtcDateTime, receipt.Rows);
}

/// <summary>How far an import has come: titles read, titles that it changed, watchlist entries that are there now.</summary>
internal sealed record ImportAnswer(int Titles, int Changed, int Watchlist, bool Done, ImportProblem? Problem = null);

/// <summary>Why an import went no further.</summary>
internal sealed record ImportProblem(int Status, string Detail);

/// <summary>A place in the history as clients carry it: 8 bytes of milliseconds since 1970, 16 of the title, in base64url.</summary>
internal static class Cursor
{
    public const string Allowed = "the cursor that the page before answered as next";

    private const int Bytes = 24;

    public static string ToText(HistoryCursor cursor)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, cursor.WatchedAt.ToUnixTimeMilliseconds());
        (cursor.ContentId == default ? Guid.Empty : cursor.ContentId.Value).TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, out HistoryCursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Base64Url.GetEncodedLength(Bytes)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done
            || length != Bytes)
        {
            return false;
        }

        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (milliseconds < Limits.Earliest.ToUnixTimeMilliseconds() || milliseconds > Limits.Latest.ToUnixTimeMilliseconds())
        {
            return false;
        }

        var title = new Guid(bytes[8..], bigEndian: true);
        cursor = new HistoryCursor(
            DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), title == Guid.Empty ? default : new ContentId(title));
        return true;
    }
}
