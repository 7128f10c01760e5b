using System.Text;
using ContinueWatching.Bench.Load;

namespace ContinueWatching.Bench.Tests;

/// <summary>Where an answer ends, however it is framed and however it comes in pieces.</summary>
public class ResponseReaderTests
{
    private const string Sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const string Chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    private const string Refused = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
    private const string Bodiless = "HTTP/1.1 304 Not Modified\r\n\r\n";

    [Theory]
    [InlineData(Sized, 200, false, "hello")]
    [InlineData(Chunked, 200, false, "hello")]
    [InlineData(Refused, 503, true, "")]
    [InlineData(Bodiless, 304, false, "")]
    public void An_answer_is_whole_at_its_last_byte_and_not_before(string text, int status, bool hasRetryAfter, string body)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(ResponseReader.TryRead(bytes.AsSpan(0, length), out _), $"after {length} of {bytes.Length} bytes");

        Assert.True(ResponseReader.TryRead([.. bytes, .. "HTTP/1.1 200"u8], out var response));

        Assert.Equal((status, hasRetryAfter, bytes.Length), (response.Status, response.HasRetryAfter, response.Length));
        Assert.Equal(body, Encoding.ASCII.GetString(ResponseReader.Body(bytes, response)));
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    public void What_is_no_answer_or_does_not_say_where_it_ends_is_told_and_not_waited_for(string text) =>
        Assert.Throws<InvalidDataException>(() => ResponseReader.TryRead(Encoding.ASCII.GetBytes(text), out _));
}
