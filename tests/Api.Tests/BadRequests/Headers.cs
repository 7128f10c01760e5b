using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>Header lines that mean nothing here, mean something else, or are too many; none of them says where the body ends.</summary>
internal static class Headers
{
    private static readonly string[] _garbage = ["", "*", ",", ";", "\"", "=", "%00", "\u00E9\u00FF", "null", "-1", "0", "99999999999999999999", "a b", "\t", "()<>@,;:\\\"/[]?={}", "${jndi:ldap://x}", "W/", "W/\"", "\"\"", "\"a\", W/\"b\", *, ,,"];

    private static readonly string[] _names =
    [
        "If-None-Match", "If-Match", "If-Modified-Since", "If-Range", "Range", "Accept", "Accept-Encoding", "Accept-Language",
        "Accept-Charset", "Cookie", "Origin", "Referer", "User-Agent", "Via", "Forwarded", "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override",
        "X-HTTP-Method", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Date", "Max-Forwards", "Prefer",
        "traceparent",
        "tracestate", "baggage", "Request-Id", "Upgrade", "HTTP2-Settings", "Sec-WebSocket-Key", "TE", "Trailer", "Pragma",
        "Cache-Control", "From", "Content-Encoding", "Content-Language", "Content-Location", "Content-MD5",
        "Content-Disposition", "X-User-Id",
    ];

    private static readonly string[] _meant =
    [
        "If-None-Match: *", "If-None-Match: W/\"0123456789abcdef01234567\"", "Range: bytes=0-0", "Range: bytes=-1",
        "Accept: text/html", "Accept: application/xml;q=0", "Accept: */*;q=x", "X-HTTP-Method-Override: DELETE",
        "X-HTTP-Method: PUT",
        "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 1.2.3.4, 5.6.7.8", "X-Forwarded-For: ::1, unknown, 999.1.1.1:99999",
        "X-Forwarded-Proto: javascript", "X-Forwarded-Host: evil.test", "Forwarded: for=\"[::1]\";host=evil",
        "X-Original-URL: /users/" + Ids.Victim,
        "X-User-Id: " + Ids.Victim, "Cookie: userId=" + Ids.Victim, "Origin: https://evil.test", "Origin: null",
        "Expect: 100-continue", "Expect: 200-ok", "Expect: ", "Content-Encoding: gzip", "Content-Encoding: br",
        "traceparent: 00-00000000000000000000000000000000-0000000000000000-00",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Connection: close", "Connection: keep-alive, close", "Connection: x", "Accept-Encoding: gzip, br", "Date: yesterday",
        "Host2: x",
    ];

    private static readonly string[] _contentTypes =
    [
        "text/plain", "text/json", "application/jsonp", "application/xml", "application/x-www-form-urlencoded",
        "application/octet-stream", "multipart/form-data; boundary=x", "application/x-ndjson", "application/problem+json",
        "application/merge-patch+json", "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1", "application/json; charset=", "application/json; charset=\"",
        "application/json; charset=utf-7", "application/json; charset=utf-8; charset=utf-16", "application/json;;;",
        "application/json, text/plain", "application/", "/json", ";charset=utf-8", "*/*", "garbage", "", " ",
        "application/json\u00E9", "APPLICATION/JSON", "application/json; " + new string('x', 3_000), "application/json; a=\"b",
    ];

    /// <summary>Up to three lines.</summary>
    public static readonly Gen<string> Odd = Gen.Frequency(
        (8, Gen.OneOf(_meant)),
        (8, Gen.Select(Gen.OneOf(_names), Gen.OneOf(_garbage), (name, value) => $"{name}: {value}")),
        (1, Gen.Select(Gen.OneOf(_names), Gen.OneOf(1_000, 9_000, 40_000), (name, length) => $"{name}: {new string('x', length)}")),
        (1, Gen.OneOf(50, 150).Select(count => string.Join("\r\n", Enumerable.Range(0, count).Select(number => $"X-{number}: {number}")))))
        .Array[1, 3].Select(lines => string.Concat(lines.Select(line => $"{line}\r\n")));

    /// <summary>What says of the body what it is not, or not at all.</summary>
    public static readonly Gen<string> BadContentType = Gen.OneOf(
        Gen.OneOf(_contentTypes).Select(type => $"Content-Type: {type}\r\n"),
        Gen.OneOf("", "Content-Type: application/json\r\nContent-Type: text/plain\r\n", "Content-Type: application/json\r\nContent-Type: application/json\r\n", "content-type: text/plain\r\nCONTENT-TYPE: application/json\r\n"));
}
