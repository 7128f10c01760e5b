using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>Bytes that are no request, one that has no end, or two that look like one. Behind all of them the client says nothing more.</summary>
internal static class Framings
{
    private const string Host = "Host: localhost\r\n";

    private static readonly string[] _lengths =
    [
        "Content-Length: 100000\r\n", "Content-Length: 1\r\n", "Content-Length: 0\r\n", "Content-Length: -1\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 0x5\r\n", "Content-Length: \r\n",
        "Content-Length: 5 5\r\n", "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 9223372036854775807\r\n", "Content-Length: 40000000\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 1e3\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Transfer-Encoding: \r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: Chunked\r\n", "Expect: 100-continue\r\nContent-Length: 1000\r\n",
        "",
    ];

    private static readonly string[] _chunks =
    [
        "zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n", "2\r\n{}garbage\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n{}",
        "7FFFFFFF\r\n{}", "100000000\r\n{}", "2\r\n{}", "2\r\n{}\r\n", "2\r\n{}\r\n0\r\n", "0\r\n\r\n",
        "0\r\nTrailer: x\r\n\r\n", "0\r\nno trailer\r\n\r\n", "02\r\n{}\r\n0\r\n\r\n",
        "2;a=b\r\n{}\r\n0\r\n\r\n", "2;\r\n{}\r\n0;\r\n\r\n", " 2\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "0x2\r\n{}\r\n0\r\n\r\n",
        "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "\r\n", "2\r\n{}\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
        $"2;{new string('x', 20_000)}\r\n{{}}\r\n0\r\n\r\n",
    ];

    private static readonly string[] _starts =
    [
        "", "\r\n", "\0", "GET", "GET ", "GET /", "GET /\r\n", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET / http/1.1\r\nHost: x\r\n\r\n",
        "get /health/live HTTP/1.1\r\nHost: x\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", "GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n",
        "GET health HTTP/1.1\r\nHost: x\r\n\r\n", "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://evil.test/users/me HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET //evil.test/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x/y?z#\r\n\r\n", "GET / HTTP/1.1\r\nHost: x:99999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \u00E9\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nÀ: b\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0",
        "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00FC\u0003\u0003", "SSH-2.0-x\r\n", "{\"userId\": 1}",
        $"{new string('G', 9_000)} / HTTP/1.1\r\nHost: x\r\n\r\n", $"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: x\r\nA: {new string('a', 40_000)}\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /users/me HTTP/1.1\r\nHost: x\r\n\r\nDELETE /titles HTTP/1.1\r\nHost: x\r\n\r\n",
    ];

    /// <summary>All of it, in Latin-1.</summary>
    public static Gen<string> Of(Gen<string> line, Gen<string> token) => Gen.Frequency(
        (1, Gen.OneOf(_starts)),
        (2, Gen.Select(line, token, Gen.OneOf(_lengths), Gen.OneOf(Gen.OneOf(_chunks), Gen.OneOf("{}", "{\"userId\": \"me\"", "", "[")), (request, authorization, length, body) =>
            $"{request} HTTP/1.1\r\n{Host}{authorization}Content-Type: application/json\r\n{length}\r\n{body}")));
}
