using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Api;

/// <summary>What a deployment may decide about the REST front end; section <c>Api</c>.</summary>
public sealed class ApiSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Api";

    /// <summary>The claim that names the user: <c>sub</c>.</summary>
    [Required]
    public string UserIdClaim { get; set; } = "sub";

    /// <summary>The claims that name the device when a report does not, the first that the token has: <c>device_id</c>, then <c>sid</c>.</summary>
    /// <remarks>Null is the default: a list would stay in front of what is configured.</remarks>
    public IReadOnlyList<string>? DeviceIdClaims { get; set; }

    /// <summary>The web origins whose pages may call: none. Each as a browser sends it, <c>https://tv.example.com</c>.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>
    /// The networks of the proxies and load balancers in front, in CIDR form, <c>10.0.0.0/8</c>, whose <c>X-Forwarded-For</c> is believed: none.
    /// Whoever is in one of them may say where a request comes from; without it all that they pass on comes from one address.
    /// </summary>
    public IReadOnlyList<string> TrustedNetworks { get; set; } = [];

    /// <summary>
    /// What a gateway in front puts before the paths of the routes, <c>/live</c>: nothing. Taken away where it stands; who comes without it is served as well.
    /// </summary>
    [RegularExpression("(/[A-Za-z0-9._~-]+)*")]
    public string PathBase { get; set; } = "";

    /// <summary>The most event streams of this process at a time: 10 000, each some 30 KB. What comes on top is refused.</summary>
    [Range(0, 1_000_000)]
    public int MaxEventStreams { get; set; } = 10_000;

    /// <summary>
    /// How often a silent event stream is written to: 15 s, shorter than proxies wait. Whoever takes nothing for so long is cut off.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan EventKeepAlive { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often an event stream renews its subscription at the latest: 30 s. So long a stream may be silent after a silo was lost; shorter
    /// costs calls in proportion.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:30")]
    public TimeSpan EventRenewal { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a call of a grain may take, all tries of it together: 10 s, then the answer is 503. Longer than it takes to find out that a silo
    /// hangs, so that nobody is refused for it; players ask again after about as long.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan CallDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a process that is told to stop goes on as before, but says that it is not ready: 5 s, so that load balancers leave it before it
    /// refuses connections. Two or three of their checks; longer only makes deployments slower.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:50")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(5);
}
