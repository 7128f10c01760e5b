using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Catalogue;

/// <summary>The body of <c>PUT /titles</c>: <c>{"titles": [{contentId, …}, …]}</c>.</summary>
internal sealed class TitlesRequest
{
    private const string Name = "titles";
    private readonly List<JsonItem<TitleRequest>> _items = [];

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, TitlesRequest request) =>
        name == Name && reader.TokenType != JsonTokenType.Null
            ? JsonBody.ReadObjects(ref reader, name, Limits.TitlesInWrite, request._items, TitleRequest.ReadMember)
            : null;

    /// <summary>The titles for the grains, when all are good; else the first fault, named by its place.</summary>
    public Fault? ToTitles(out IReadOnlyList<Title> titles)
    {
        var read = new List<Title>(_items.Count);
        titles = read;
        var ids = new HashSet<ContentId>();
        foreach (var (request, unreadable) in _items)
        {
            if ((unreadable ?? Take(request, ids, read)) is { } fault)
            {
                return fault.At(Name, read.Count);
            }
        }

        return _items.Count == 0 ? new Fault(Name, "absent", $"an array of 1 to {Limits.TitlesInWrite} objects") : null;
    }

    private static Fault? Take(TitleRequest request, HashSet<ContentId> ids, List<Title> titles)
    {
        if (request.ContentId is not { } id)
        {
            return new Fault("contentId", "absent", ContentId.Allowed);
        }

        if (!ids.Add(id))
        {
            return new Fault("contentId", $"{id}, given twice", "each title once");
        }

        var title = request.ToTitle(id);
        if (title.FindFault() is { } fault)
        {
            return fault with { Value = JsonBody.Shorten(fault.Value) };
        }

        titles.Add(title);
        return null;
    }
}
