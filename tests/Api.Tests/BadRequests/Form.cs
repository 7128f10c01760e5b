using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>The bodies that routes read.</summary>
internal enum Form
{
    Report,
    Question,
    Journal,
    Patch,
    Import,
    Title,
    Titles,
}

/// <summary>Bodies that are good until somebody spoils them.</summary>
internal static class Forms
{
    private const string Then = "\"2024-05-01T20:15:00.250Z\"";
    private const string Later = "\"2024-05-01T21:15:00+01:00\"";

    private static readonly Gen<string> _seconds = Gen.OneOf(Gen.Int[1, 5_000].Select(number => $"{number}"), Gen.OneOf("0", "1.5", "1e3", "100.125"));
    private static readonly Gen<string> _device = Gen.OneOf("\"tv\"", "\"phone\"", "\"!~\"", "null");

    private static readonly Gen<string> _place = Gen.Select(_seconds, _device, (second, device) =>
        $$"""{"deviceId": {{device}}, "resumeFrom": {{second}}, "duration": 9000, "watchedAt": {{Then}}}""");

    private static readonly Gen<string> _late = Gen.Select(Ids.GoodTitle, _seconds, _device, (title, second, device) =>
        $$"""{"contentId": "{{title}}", "resumeFrom": {{second}}, "deviceId": {{device}}, "watchedAt": {{Then}}}""");

    private static readonly Gen<string> _titleMembers = Gen.Select(_seconds, Gen.OneOf("\"film\"", "null", "\"a-1\""), (second, kind) =>
        $"\"duration\": 9000, \"creditsStart\": {(second == "0" ? "1" : second)}, \"seriesId\": \"a-series\", \"season\": 1, \"episode\": 2, \"kind\": {kind}");

    // Of more titles than one chunk holds, so that the first is answered before the last has come.
    private static readonly Gen<string> _longImport = Gen.OneOf(499, 500, 501, 620).Select(count =>
        $"[{string.Join(", ", Enumerable.Range(1, count).Select(number => $$"""{"type": "title", "contentId": "00000000-0000-4000-9000-{{number:x12}}", "hiddenAt": {{Then}}}"""))}]");

    // Of one user by name, of whom a service may not say "me".
    public static Gen<string> Good(Form form, string user) => form switch
    {
        Form.Report => Gen.Select(Ids.GoodTitle, _seconds, _device, Gen.Bool, (title, second, device, isLate) =>
            $$"""{"userId": "{{user}}", "contentId": "{{title}}", "resumeFrom": {{second}}, "duration": 9000, "deviceId": {{device}}{{(isLate ? $", \"watchedAt\": {Then}, \"sentAt\": {Later}" : "")}}}"""),
        Form.Question => Gen.Select(Ids.GoodTitle, Ids.GoodTitle, (one, two) => $$"""{"userId": "{{user}}", "contentId": ["{{one}}", "{{two}}"]}"""),
        Form.Journal => _late.Array[1, 5].Select(reports => $$"""{"sentAt": {{Later}}, "reports": [{{string.Join(", ", reports)}}]}"""),
        Form.Patch => Gen.OneOf("""{"historyPaused": true}""", """{"historyPaused": false}"""),
        Form.Import => Gen.Frequency((1, _longImport), (20, ShortImport(user))),
        Form.Title => _titleMembers.Select(members => $$"""{{{members}}, "nextContentId": null}"""),
        Form.Titles => _titleMembers.Array[1, 4].Select(titles =>
            $$"""{"titles": [{{string.Join(", ", titles.Select((members, index) => $$"""{"contentId": "{{Ids.Titles[index]}}", {{members}}, "nextContentId": "{{Ids.Titles[index + 1]}}"}"""))}}]}"""),
        _ => throw new ArgumentOutOfRangeException(nameof(form)),
    };

    private static Gen<string> ShortImport(string user) => Gen.Select(_place.Array[0, 3], Gen.Int[0, 3], (places, more) =>
            $$"""[{"type": "user", "userId": "{{user}}", "exportedAt": {{Later}}, "historyPaused": false}, """
            + string.Concat(Enumerable.Range(0, 1 + more).Select(index =>
                $$"""{"type": "title", "contentId": "{{Ids.Titles[index]}}", "places": [{{string.Join(", ", places)}}], "completedAt": {{Then}}, "playCount": 2}, """))
            + $$"""{"type": "title", "contentId": "{{Ids.Titles[5]}}", "hiddenAt": {{Then}}, "forgottenAt": {{Then}}}, {"type": "watchlist", "contentId": "{{Ids.Titles[6]}}", "addedAt": {{Then}}}]""");
}
