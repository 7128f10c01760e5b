using System.Collections.Immutable;
using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;

namespace ContinueWatching.Api.Watch;

/// <summary>
/// What <c>GET /getWatchStatus</c> asks for: <c>userId</c> and 1 to 100 <c>contentId</c>, repeated or separated by commas, in the query, or
/// <c>{"userId": …, "contentId": "…" or ["…", …]}</c> in the body.
/// </summary>
internal sealed class WatchStatusRequest
{
    private static readonly string _allowedTitles = $"1 to {Limits.TitlesInRead} titles, each {ContentId.Allowed}";

    // In the order asked, each once.
    private readonly List<ContentId> _titles = [];
    private UserTarget? _user;
    private int _asked;

    /// <summary>Whose places, once <see cref="FindMissing"/> finds nothing.</summary>
    public UserTarget User => _user ?? throw new InvalidOperationException("The request names no user.");

    /// <summary>The titles in the order asked, each once.</summary>
    public ImmutableArray<ContentId> Titles => [.. _titles];

    /// <summary>Reads the request from wherever it stands.</summary>
    public async ValueTask<ProblemHttpResult?> ReadAsync(HttpRequest request)
    {
        var query = request.Query;
        var hasQuery = query.ContainsKey("userId") || query.ContainsKey("contentId");
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return (ReadUser(query["userId"]) ?? ReadTitles(query["contentId"])) is { } fault ? Problems.BadRequest(fault) : null;
        }

        return hasQuery
            ? Problems.BadRequest(new Fault("body", "given beside the query", "one of the two"))
            : await JsonBody.ReadAsync(request, this, ReadMember);
    }

    /// <summary>The first mandatory part that is absent.</summary>
    public Fault? FindMissing() =>
        _user is null ? new Fault("userId", "absent", UserTarget.Allowed)
        : _asked == 0 ? new Fault("contentId", "absent", _allowedTitles)
        : null;

    private Fault? ReadUser(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        if (values.Any(value => value != values[0]))
        {
            return new Fault("userId", JsonBody.Shorten(values.ToString()), "one user");
        }

        var isUser = UserTarget.TryParse(values[0], out var user);
        _user = user;
        return isUser ? null : new Fault("userId", JsonBody.Shorten(values[0] ?? ""), UserTarget.Allowed);
    }

    private Fault? ReadTitles(StringValues values) =>
        values.Select(value => ReadTitles(value ?? "")).FirstOrDefault(fault => fault is not null);

    private Fault? ReadTitles(string separatedByCommas)
    {
        foreach (var range in separatedByCommas.AsSpan().Split(','))
        {
            var text = separatedByCommas.AsSpan()[range];
            if (++_asked > Limits.TitlesInRead)
            {
                return new Fault("contentId", $"more than {Limits.TitlesInRead} titles", _allowedTitles);
            }

            if (!ContentId.TryParse(text, out var title))
            {
                return new Fault("contentId", JsonBody.Shorten(text.ToString()), _allowedTitles);
            }

            if (!_titles.Contains(title))
            {
                _titles.Add(title);
            }
        }

        return null;
    }

    private static Fault? ReadMember(ref Utf8JsonReader reader, string name, WatchStatusRequest request)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        switch (name)
        {
            case "userId":
                var fault = JsonValues.ReadUser(ref reader, out var user);
                request._user = user;
                return fault;
            case "contentId":
                return request.ReadTitles(ref reader);
            default:
                return null;
        }
    }

    private Fault? ReadTitles(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return ReadTitle(ref reader);
        }

        Fault? fault = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            fault ??= ReadTitle(ref reader);
            reader.Skip();
        }

        return fault;
    }

    private Fault? ReadTitle(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String
        ? ReadTitles(reader.GetString()!)
        : new Fault("contentId", JsonBody.Show(ref reader), _allowedTitles);
}
