using System.Text;
using ContinueWatching.Testing;
using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>Requests to every route, nearly all of them bad.</summary>
internal sealed class Attacks(Target[] targets, TestTokens tokens)
{
    private const string Bystander = "bystander";
    private static readonly Gen<string> _goodType = Gen.Const("Content-Type: application/json\r\n");

    private static readonly string[] _paths =
    [
        "/", "", "/dev/token", "/users", "/users/", "/users//history", "/titles/", "/health", "/health/", "/health/live/",
        "/health/ready?x", "/openapi/v1.json", "/swagger", "/.env", "/admin", "/metrics", "/favicon.ico", "/index.html",
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/USERS/me", "/updatewatchstatus", "/updateWatchStatus/", "/getWatchStatus/x", "/users/me/continue-watching/",
        "/users/me/continue-watching/why", "/users/me/nothing", "//users/me", "/users/me//", "/users/" + Ids.Victim,
        "/users/" + Ids.Victim + "/", "/users/" + Ids.Victim + "/nothing", "/a/b/c/d/e/f/g/h",
    ];

    private static readonly string[] _methods =
    [
        "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND", "get", "Put", "FOO", "G-E_T", "\u00E9",
    ];

    private readonly TokenHeader[] _good = TokenHeader.Good(tokens);
    private readonly Gen<TokenHeader> _bad = Gen.OneOf([.. TokenHeader.Bad(tokens)]);

    public Gen<Attack> Good => Gen.OneOf(targets).SelectMany(target =>
        Gen.Select(Path(target, Gen.Const("me"), Ids.GoodTitle), GoodQuery(target), GoodBody(target, "me")).Select((path, query, body) =>
        {
            // getWatchStatus takes one of the two.
            var sent = query.Length > 0 ? null : body;
            var token = target.WritesTitles ? _good[2] : _good[0];
            return Whole(
                $"good {target}", target.Method, path + query, token, sent is null ? "" : "Content-Type: application/json\r\n", sent, Expectation.Success);
        }));

    public Gen<Attack> Bad => Gen.Frequency(
        (16, Gen.OneOf(targets).SelectMany(AtRoute)),
        (1, Astray),
        (1, Framings.Of(AnyRoute.Select((target, path) => $"{target.Method} {path}"), AnyToken.Select(token => token.Header))
            .Select(text => Attack.Of("broken framing", text, [], isWhole: false, Expectation.Anything))));

    private Gen<(Target Target, string Path)> AnyRoute =>
        Gen.OneOf(targets).SelectMany(target => Path(target, Gen.Const("me"), Ids.GoodTitle).Select(path => (target, path)));

    private Gen<TokenHeader> AnyToken => Gen.Frequency((3, Gen.OneOf(_good)), (1, _bad));

    // Most with a token that opens the route: behind it is more to break.
    private Gen<Attack> AtRoute(Target target)
    {
        var token = Gen.Frequency((6, Gen.Const(target.WritesTitles ? _good[2] : _good[0])), (1, Gen.Const(_good[1])), (1, AnyToken), (2, _bad));
        return token.SelectMany(bearer =>
        {
            // Who may act for anybody may do so.
            var other = bearer.Bearer == Bearer.Service ? Bystander : Ids.Victim;
            var self = bearer.Bearer == Bearer.Service ? Bystander : Ids.Attacker;
            var user = Gen.Frequency((4, Gen.OneOf("me", self)), (1, Gen.Const(other)), (3, Ids.BadUser(other)));
            var title = Gen.Frequency((3, Ids.GoodTitle), (2, Ids.BadTitle(other)));
            var headers = Gen.Frequency((4, Gen.Const("")), (1, Headers.Odd));
            var type = Gen.Frequency((12, _goodType), (1, Headers.BadContentType));
            return Gen.Select(
                Path(target, user, title), Query(target, user, title), Body(target, self, other), Gen.Select(headers, type), (path, query, body, more) =>
                Whole($"{target} with the token: {bearer}", target.Method, path + query, bearer, more.Item1 + (body is null ? "" : more.Item2), body,
                    Refused(target, bearer)));
        });
    }

    private Gen<Attack> Astray => Gen.Select(
        Gen.OneOf(_methods),
        Gen.OneOf(Gen.OneOf(_paths), AnyRoute.Select(route => route.Path)),
        Gen.Frequency((1, Gen.OneOf(_good[0], _good[2])), (1, _bad)),
        Headers.Odd,
        Gen.Bool)
        .Select((method, path, token, headers, hasBody) =>
            Whole($"astray with the token: {token}", method, path, token, headers, hasBody ? "{\"userId\": \"me\"}"u8.ToArray() : null, Expectation.Anything));

    private static Expectation Refused(Target target, TokenHeader token) =>
        !target.IsOpen && token.Bearer == Bearer.Nobody ? Expectation.Refusal : Expectation.Anything;

    private static Attack Whole(string what, string method, string target, TokenHeader token, string headers, byte[]? body, Expectation expected) => Attack.Of(
        what,
        $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{token.Header}{headers}{(body is null ? "" : $"Content-Length: {body.Length}\r\n")}\r\n",
        body ?? [],
        isWhole: true,
        expected);

    private static Gen<string> Path(Target target, Gen<string> user, Gen<string> title) => Gen.Select(user, title, (userId, contentId) => target.Pattern
        .Replace("{userId}", userId, StringComparison.Ordinal)
        .Replace("{contentId}", contentId, StringComparison.Ordinal));

    private static Gen<string> GoodQuery(Target target) => target.Body == Form.Question
        ? Gen.OneOf("", $"?userId=me&contentId={Ids.Titles[0]}&contentId={Ids.Titles[1]},{Ids.Titles[2]}")
        : Gen.Const(target.Query.Contains("limit") ? "?limit=5" : target.Query.Contains("confirm") ? "?confirm=me" : "");

    private static Gen<byte[]?> GoodBody(Target target, string user) => target.Body is { } form
        ? Forms.Good(form, user).Select(text => (byte[]?)Encoding.UTF8.GetBytes(text))
        : Gen.Const((byte[]?)null);

    private static Gen<string> Query(Target target, Gen<string> user, Gen<string> title)
    {
        string[] names = [.. target.Query, .. target.Body == Form.Question ? ["userId", "contentId"] : Array.Empty<string>()];
        var value = Gen.OneOf(Ids.BadLimit, Ids.BadCursor, user, title);
        var right = Gen.OneOf([.. names, "x"]).SelectMany(name => ValueOf(name, user, title).Select(text => $"{name}={text}"));
        var odd = Gen.Select(
            Gen.OneOf([.. names, "", "x", "USERID", "ContentId", "userId[]", "contentId%00", "%63ontentId", "user%49d", "access_token", "limit", "after", "confirm"]),
            value,
            Gen.OneOf("=", "", "==", "=%"),
            (name, text, equals) => name + equals + text);
        var some = Gen.Select(right.Array[0, 3], odd.Array[0, 2], Gen.OneOf("&", "&", "&", "&&", ";", "?"), (good, bad, and) =>
            $"?{string.Join(and, good.Concat(bad))}");
        var many = Gen.OneOf(99, 100, 101, 180).Select(count =>
            $"?userId=me{string.Concat(Enumerable.Repeat($"&contentId={Ids.KnownTitle[..4]}", count))}");
        var full = Gen.Select(user, title.Array[1, 4], (who, what) => $"?userId={who}&{string.Join('&', what.Select(one => $"contentId={one}"))}");
        return names.Length == 0 ? Gen.Frequency((12, Gen.Const("")), (1, some))
            : target.Body == Form.Question ? Gen.Frequency((3, full), (2, some), (1, many), (2, Gen.Const("")))
            : Gen.Frequency((5, some), (1, Gen.Const("")));
    }

    private static Gen<string> ValueOf(string name, Gen<string> user, Gen<string> title) => name switch
    {
        "limit" => Ids.BadLimit,
        "after" => Ids.BadCursor,
        "userId" => user,
        _ => title,
    };

    private static Gen<byte[]?> Body(Target target, string self, string other)
    {
        var none = Gen.Const((byte[]?)null);
        if (target.Body is not { } form)
            return Gen.Frequency((12, none), (1, Json.Spoiled(Forms.Good(Form.Report, self), other).Select(Some)));
        var spoiled = Json.Spoiled(Forms.Good(form, self), other).Select(Some);
        var another = Gen.Enum<Form>().SelectMany(any => GoodBody(target with { Body = any }, self));
        return form == Form.Question
            ? Gen.Frequency((3, none), (3, spoiled), (1, another))
            : Gen.Frequency((12, spoiled), (2, another), (2, GoodBody(target, other)), (1, none));
    }

    private static byte[]? Some(byte[] bytes) => bytes;
}
