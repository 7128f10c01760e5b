using System.Globalization;
using System.Text.Json.Nodes;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;
using Microsoft.OpenApi;

namespace ContinueWatching.Api.Reference;

/// <summary>
/// What the members and parameters are, each said once: a word means the same wherever it stands. Where it does not, the record's name
/// stands before it. Limits are those of the contracts.
/// </summary>
internal static class Words
{
    /// <summary>The title of the examples.</summary>
    public const string Film = "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11";

    private const string UserPattern = @"^[!""$&-+\-.0->@-\[\]-~]+$";
    private const string VisiblePattern = "^[!-~]+$";

    private static readonly Dictionary<string, Word> _members = new()
    {
        ["userId"] = new("The user."),
        ["contentId"] = new("The title."),
        ["resumeFrom"] = Seconds("Where to go on, in seconds from the start, as `video.currentTime` gives and takes it.", 0),
        ["duration"] = Seconds("How long the title is, in seconds; absent when nobody has told.", 0.001),
        ["deviceId"] = new("The screen it was on; absent when it named none.", VisibleText(DeviceId.MaxLength)),
        ["watchedAt"] = new("When the viewer was there."),
        ["sentAt"] = new("The device's clock when it sends, rewritten at each try. A wrong clock is corrected by it."),
        ["outcome"] = new(
            "What became of the report. `applied`: stored, now the title's resume point. `superseded`: another device's report is newer "
            + "and stays. `unchanged`: within 250 ms of the device's last place, nothing stored. `stale`: not newer than what the device "
            + "reported before, nothing stored. `ignored`: under one second, a player that is still loading, nothing stored. `paused`: the "
            + "user's history was paused then, nothing stored. `invalid`: one of a batch that has a fault, nothing stored."),
        ["completed"] = new(
            "Whether that is near enough to the end to count as finished, or marked watched since; apps then start at 0."),
        ["completedAt"] = new(
            "When the title was last seen to its end, or marked watched; absent when never. Watching again keeps it."),
        ["playCount"] = new("How often it was seen to its end, or marked watched.", AtLeastZero),
        ["elsewhere"] = new("The places on other devices, newest first, where they differ: an app may offer to jump there."),
        ["nextReportInSeconds"] = new("When the player should report again if nothing happens before."),
        ["items"] = new("Newest first."),
        ["RowAnswer.items"] = new("Newest first.", schema => schema.MaxItems = Limits.Row),
        ["WatchlistAnswer.items"] = new("Newest first.", schema => schema.MaxItems = Limits.Watchlist),
        ["progress"] = new("How far the viewer is: 0 to 1; absent while the duration is not known.", Between(0, 1)),
        ["seriesId"] = new("The series of which this is an episode.", VisibleText(SeriesId.MaxLength)),
        ["reason"] = new("Why it stands there: begun and not finished, or next after an episode that is."),
        ["inRow"] = new("Whether it is in the row."),
        ["code"] = new(
            "Why, for a program. In the row: `inProgress`, `nextEpisode`. Not: `neverWatched`, `atStart` (left within its first second), "
            + "`finished`, `hidden`, `markedWatched`, `anotherEpisode` (of its series was watched later), `beyondTheRow` (enough titles "
            + "were watched later), `historyPaused`."),
        ["sentence"] = new("Why, for a person, in English."),
        ["results"] = new("One for each report, in their order."),
        ["fault"] = new("What is wrong with it; only when it is `invalid`."),
        ["field"] = new("The field, by its name in the request; `reports[3].resumeFrom` in one of many."),
        ["value"] = new("What came."),
        ["allowed"] = new("What is allowed."),
        ["type"] = new("What kind of problem, as a URI."),
        ["title"] = new("The problem, in short."),
        ["status"] = new("The HTTP status."),
        ["detail"] = new("The problem, in a sentence."),
        ["traceId"] = new("Where to find it in traces and logs."),
        ["createdAt"] = new("Since when the user is known; absent while nothing is stored of them."),
        ["historyPaused"] = new("Whether what they watch is left unrecorded."),
        ["pausedFrom"] = new("Since when it is, or last was."),
        ["pausedUntil"] = new("When it was taken up again, the last time."),
        ["next"] = new("The cursor for the next page, as `after`; absent on the last."),
        ["addedAt"] = new("When it was put on the watchlist."),
        ["WatchlistItem.status"] = new("Where the viewer is in it; absent when they have not begun."),
        ["erasedAt"] = new("The moment: nothing watched until then comes back."),
        ["rows"] = new("How many rows were removed, by table."),
        ["titles"] = new("How many titles were read and are stored.", AtLeastZero),
        ["changed"] = new("How many of them were changed by it.", AtLeastZero),
        ["watchlist"] = new("How many entries are on the watchlist now.", AtLeastZero),
        ["done"] = new("Whether this is the last line, and all went well."),
        ["problem"] = new("Why it went no further, on the last line of one that did not end well."),
        ["ExportedUser.type"] = Constant("user"),
        ["ExportedTitle.type"] = Constant("title"),
        ["ExportedWatchlistEntry.type"] = Constant("watchlist"),
        ["exportedAt"] = new("When it was exported."),
        ["places"] = new("The places, one for each device.", schema => schema.MaxItems = TitleRecord.MaxPlaces),
        ["hiddenAt"] = new("When it was hidden from the row."),
        ["forgottenAt"] = new("When it was forgotten: nothing watched until then comes back."),
        ["creditsStart"] = Seconds("Where the credits start: who has come that far has finished. At most the duration.", 0.001),
        ["season"] = new("The season's number.", Between(0, Title.MaxNumber)),
        ["episode"] = new("The episode's number within its season.", Between(0, Title.MaxNumber)),
        ["nextContentId"] = new("What to watch after this one; another title than this."),
        ["kind"] = new("What kind of title it is, in a word of yours: `film`, `episode`.", schema =>
        {
            schema.Pattern = "^[a-z0-9-]+$";
            schema.MaxLength = Title.MaxKindLength;
        }),
        ["stored"] = new("How many titles were stored.", AtLeastZero),
        ["ReportBody.userId"] = new("The user, or `me`. A plain number and its text are one user.", Replacement: TextOrNumber()),
        ["JournalItemBody.userId"] = new("The user in the path, or absent.", Replacement: TextOrNumber()),
        ["DevTokenBody.userId"] = new("The user. A plain number and its text are one user.", Replacement: TextOrNumber()),
        ["WatchStatusBody.userId"] = new(
            "The user, or `me`. A plain number and its text are one user.", Replacement: TextOrNumber()),
        ["WatchStatusBody.contentId"] = new(
            "The titles, 1 to 100: one, several separated by commas, or a list.", Replacement: OneOrMany()),
        ["ReportBody.deviceId"] = DeviceOfReport(),
        ["JournalItemBody.deviceId"] = DeviceOfReport(),
        ["ReportBody.resumeFrom"] = PlaceOfReport(),
        ["JournalItemBody.resumeFrom"] = PlaceOfReport(),
        ["ReportBody.watchedAt"] = new(
            "For a report that waited on the device: when it happened, by the device's clock. Needs `sentAt`."),
        ["JournalItemBody.watchedAt"] = new("When it happened, by the device's clock."),
        ["reports"] = new("In any order.", Items(Limits.ReportsInBatch)),
        ["TitlesBody.titles"] = new("Each title once.", Items(Limits.TitlesInWrite)),
        ["TitleBody.contentId"] = new("The title. Where the path names it, the same or absent."),
    };

    private static readonly Dictionary<string, Word> _parameters = new()
    {
        ["userId"] = new(
            $"The user, who must be the token's own; `me` stands for them. {Sentence(UserId.Allowed)} With the scope "
            + $"`{Caller.ServiceScope}` anybody's id, and not `me`.",
            Replacement: UserText(),
            Example: "me"),
        ["contentId"] = new($"The title: {ContentId.Allowed}.", Replacement: Uuid(), Example: Film),
        ["limit"] = new(
            "The most titles on the page.",
            Replacement: new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = "int32",
                Minimum = "1",
                Maximum = Text(Limits.HistoryPage),
                Default = Users.UserRoutes.DefaultHistoryPage,
            },
            Example: 20),
        ["after"] = new(
            "Where the page before ended: its `next`. Without it, the first page.",
            Replacement: new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[A-Za-z0-9_-]{32}$" },
            Example: "AAABmr4e0SgLXzpSbB1Njp8nP08Mb4oR"),
        ["confirm"] = new(
            "The user once more, just as in the path: what is erased does not come back.",
            Replacement: UserText(),
            Example: "me"),
        ["If-None-Match"] = new(
            "The ETag of the answer that the client has.",
            Replacement: PlainText(),
            Example: "\"5d41402abc4b2a76b9719d91\""),
        ["query.userId"] = new(
            "The user, or `me`. Given in the body instead, it must not be given here.",
            Replacement: UserText(),
            Example: "123"),
        ["query.contentId"] = new(
            $"1 to {Limits.TitlesInRead} titles, repeated or separated by commas. Given in the body instead, they must not be given here.",
            Replacement: new OpenApiSchema { Type = JsonSchemaType.Array, Items = Uuid(), MinItems = 1, MaxItems = Limits.TitlesInRead },
            Example: new JsonArray(Film)),
    };

    /// <summary>The header of answers that a client may keep.</summary>
    public static OpenApiHeader ETag => Header("What the body says, in short: for `If-None-Match`.", "\"5d41402abc4b2a76b9719d91\"");

    /// <summary>The header of refusals that pass.</summary>
    public static OpenApiHeader RetryAfter => new()
    {
        Description = "After how many seconds to send it again.",
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" },
        Example = 1,
    };

    /// <summary>The header of 401.</summary>
    public static OpenApiHeader Challenge => Header("What is wrong with the token.", "Bearer error=\"invalid_token\"");

    /// <summary>Any text.</summary>
    public static OpenApiSchema PlainText() => new() { Type = JsonSchemaType.String };

    /// <summary>A title's id.</summary>
    public static OpenApiSchema Uuid() => new()
    {
        Type = JsonSchemaType.String,
        Format = "uuid",
        Pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        Description = $"A title: {ContentId.Allowed}.",
        Examples = [Film],
    };

    /// <summary>The member as the reference shows it.</summary>
    /// <returns>What takes the schema's place: mostly the schema itself.</returns>
    public static IOpenApiSchema Describe(string record, string member, IOpenApiSchema schema)
    {
        if (!_members.TryGetValue($"{record}.{member}", out var word) && !_members.TryGetValue(member, out word))
        {
            return schema;
        }

        var described = word.Replacement?.CreateShallowCopy() ?? schema;
        described.Description = word.Description;
        if (described is OpenApiSchema own)
        {
            word.Limit?.Invoke(own);
        }

        return described;
    }

    /// <summary>Describes a parameter by its name.</summary>
    public static void Describe(OpenApiParameter parameter)
    {
        if ((parameter.In == ParameterLocation.Query && _parameters.TryGetValue($"query.{parameter.Name}", out var word))
            || _parameters.TryGetValue(parameter.Name!, out word))
        {
            parameter.Description = word.Description;
            parameter.Schema = word.Replacement!.CreateShallowCopy();
            parameter.Example = word.Example?.DeepClone();
        }
    }

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static OpenApiHeader Header(string description, string example) => new()
    {
        Description = description,
        Schema = PlainText(),
        Example = example,
    };

    private static void AtLeastZero(OpenApiSchema schema) => schema.Minimum = "0";

    private static Action<OpenApiSchema> Between(double least, double most) => schema =>
        (schema.Minimum, schema.Maximum) = (Text(least), Text(most));

    private static Action<OpenApiSchema> Items(int most) => schema => (schema.MinItems, schema.MaxItems) = (1, most);

    private static Action<OpenApiSchema> VisibleText(int length) => schema =>
        (schema.MinLength, schema.MaxLength, schema.Pattern) = (1, length, VisiblePattern);

    private static Word Seconds(string description, double least) => new(description, Between(least, Limits.Position.TotalSeconds));

    private static Word Constant(string value) => new("What kind of entry it is.", schema => schema.Enum = [value]);

    private static Word DeviceOfReport() => new(
        "The screen. Left out, the token's claim `device_id`, else `sid`, names it; without either, all screens of a user are one.",
        VisibleText(DeviceId.MaxLength));

    private static Word PlaceOfReport() => Seconds(
        "Where the viewer is, in seconds from the start, rounded to milliseconds. "
        + $"At most {Text(Limits.BeyondDuration.TotalSeconds)} beyond the duration.",
        0);

    private static OpenApiSchema UserText() => new()
    {
        Type = JsonSchemaType.String,
        MinLength = 1,
        MaxLength = UserId.MaxLength,
        Pattern = UserPattern,
    };

    private static OpenApiSchema TextOrNumber() => new()
    {
        OneOf =
        [
            UserText(),
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
        ],
    };

    private static OpenApiSchema OneOrMany() => new()
    {
        OneOf =
        [
            PlainText(),
            new OpenApiSchema { Type = JsonSchemaType.Array, Items = Uuid(), MinItems = 1, MaxItems = Limits.TitlesInRead },
        ],
    };

    private sealed record Word(
        string Description, Action<OpenApiSchema>? Limit = null, OpenApiSchema? Replacement = null, JsonNode? Example = null);
}
