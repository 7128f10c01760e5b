using System.Text.Json.Nodes;

namespace ContinueWatching.Api.Reference;

/// <summary>What the reference says of a route, beside what its signature and its metadata tell.</summary>
/// <param name="Id">The operation's name in generated clients. A second method of the route adds its own: <c>…ByPost</c>.</param>
/// <param name="Tag">The chapter; see <see cref="Tags"/>.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Description">What a client has to know of it, in Markdown.</param>
internal sealed record RouteText(string Id, string Tag, string Summary, string Description)
{
    /// <summary>The body that the route reads by hand; null when it reads none.</summary>
    public BodyText? Body { get; init; }

    /// <summary>An answer of success, in JSON; null where it has no body.</summary>
    public string? Answer { get; init; }

    /// <summary>Answers that are plain text, by their status.</summary>
    public IReadOnlyList<PlainText> PlainAnswers { get; init; } = [];

    /// <summary>Parameters that the route reads by hand, by their names.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>When 404 is answered; null for never.</summary>
    public string? NotFound { get; init; }

    /// <summary>When 409 is answered; null for never.</summary>
    public string? Conflict { get; init; }

    /// <summary>The scope that a token must have; null when a user's own token does.</summary>
    public string? Scope { get; init; }

    /// <summary>Whether any good token opens it, so that there is no 403.</summary>
    public bool OpenToAll { get; init; }
}

/// <summary>A body that is read by hand.</summary>
/// <param name="Type">The record that tells its members; the reference alone uses it.</param>
/// <param name="Example">One such body.</param>
/// <param name="IsRequired">Whether there is no other way to say the same.</param>
internal sealed record BodyText(Type Type, string Example, bool IsRequired = true);

/// <summary>An answer in plain text.</summary>
internal sealed record PlainText(int Status, string Description, string Example);

/// <summary>The chapters of the reference.</summary>
internal static class Tags
{
    public const string Places = "Places";
    public const string Row = "Continue watching";
    public const string History = "History";
    public const string Watchlist = "Watchlist";
    public const string Users = "Users";
    public const string Catalogue = "Catalogue";
    public const string Health = "Health";
    public const string Development = "Development";

    public static readonly IReadOnlyDictionary<string, string> Descriptions = new Dictionary<string, string>
    {
        [Places] = "What players use: report a place, ask for places.",
        [Row] = "What an app's start page shows, why, and what a viewer wants out of it.",
        [History] = "What a user has watched: listed, marked, forgotten.",
        [Watchlist] = "Titles that a user has put aside to watch.",
        [Users] = "What is held of a user: pause, export, import, erasure.",
        [Catalogue] = "What is known of titles. Optional: with it, credits end a title and series go on with their next episode.",
        [Health] = "For load balancers and orchestrators. No token.",
        [Development] = "For trying the service out. Not in a deployment.",
    };
}

/// <summary>How a route comes to its text.</summary>
internal static class RouteTexts
{
    /// <summary>Says what the reference tells of the route.</summary>
    public static TBuilder Describe<TBuilder>(this TBuilder route, RouteText text)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(text);

    /// <summary>A text of JSON as a value of the document; any other text as it is.</summary>
    public static JsonNode ToExample(this string text, string contentType = "application/json") =>
        contentType.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text)! : JsonValue.Create(text);
}
