using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ContinueWatching.Bench.Load;

/// <summary>One user's requests, ready to be sent: of a heartbeat only title, screen and position are written anew.</summary>
internal sealed class Viewer
{
    private const int StepsInTitle = Population.DurationSeconds / Population.StepSeconds;
    private const int PositionWidth = 8;

    private readonly int _user;
    private readonly int _titles;
    private readonly string _credentials;
    private readonly byte[] _heartbeat;
    private readonly int _contentIdAt;
    private readonly int _deviceIdAt;
    private readonly int _positionAt;
    private byte[]? _row;
    private byte[]? _status;
    private int _step;

    /// <param name="user">The user's number.</param>
    /// <param name="titles">How many titles they go through.</param>
    /// <param name="step">How far they are in the first.</param>
    public Viewer(int user, int titles, int step)
    {
        (_user, _titles, _step) = (user, titles, step);
        var userId = Population.UserId(user);
        _credentials = $"Host: localhost\r\nAuthorization: Bearer {Tokens.Of(userId)}\r\n";
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"userId":"{{userId}}","contentId":"{{ContentId}}","resumeFrom":{{0,PositionWidth}},"duration":{{Population.DurationSeconds}},"deviceId":"{{Population.DeviceId(0)}}"}""");
        var head = $"PUT /updateWatchStatus HTTP/1.1\r\n{_credentials}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        _heartbeat = Encoding.ASCII.GetBytes(head + body);
        _contentIdAt = head.Length + body.IndexOf(ContentId, StringComparison.Ordinal);
        _deviceIdAt = head.Length + body.IndexOf(Population.DeviceId(0), StringComparison.Ordinal);
        _positionAt = head.Length + body.IndexOf("resumeFrom", StringComparison.Ordinal) + "resumeFrom\":".Length;
        WriteTitle();
    }

    /// <summary>The title that the last heartbeat was about.</summary>
    public string ContentId => Population.ContentText(_user, Title);

    private int Title => _step / StepsInTitle % _titles;

    /// <summary>The next request of a kind. It stands until the next is asked for.</summary>
    public ReadOnlyMemory<byte> Next(Operation operation) => operation switch
    {
        Operation.Heartbeat => NextHeartbeat(),
        Operation.Status => _status ??= Get($"/getWatchStatus?userId=me&contentId={ContentId}"),
        _ => _row ??= Get("/users/me/continue-watching"),
    };

    // Ten seconds further on; at the end of a title the next begins.
    private byte[] NextHeartbeat()
    {
        _step++;
        if (_step % StepsInTitle == 0)
            WriteTitle();

        // In JSON blanks may stand in front of a number: the length stays.
        var position = ((_step % StepsInTitle) + 1) * Population.StepSeconds;
        _heartbeat.AsSpan(_positionAt, PositionWidth).Fill((byte)' ');
        Utf8Formatter.TryFormat(position, _heartbeat.AsSpan(_positionAt + PositionWidth - Digits(position)), out _);
        return _heartbeat;
    }

    private void WriteTitle()
    {
        Encoding.ASCII.GetBytes(ContentId, _heartbeat.AsSpan(_contentIdAt));
        Encoding.ASCII.GetBytes(Population.DeviceId(Title), _heartbeat.AsSpan(_deviceIdAt));
    }

    private byte[] Get(string target) => Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\n{_credentials}\r\n");

    private static int Digits(int number) => number < 100 ? 2 : number < 1_000 ? 3 : 4;
}
