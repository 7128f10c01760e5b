using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Standalone;

/// <summary>Where an embedded Postgres keeps its data, and how it is run.</summary>
public sealed class EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder of the database, made when it is missing. Run as root below a folder that the server's user may not
    /// enter, the data live below <c>/var/lib/continue-watching</c> instead, and one logged line says so.
    /// </summary>
    [Required(AllowEmptyStrings = false)]
    public required string DataDirectory { get; init; }

    /// <summary>The folder that holds <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>; null searches the machine.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>The TCP port on 127.0.0.1; 0 takes a free one. A given port that is taken is an error.</summary>
    [Range(0, 65535)]
    public int Port { get; init; }

    /// <summary>
    /// Default 200: room for two full Npgsql pools (100 connections each), at the price of a little shared memory per slot.
    /// </summary>
    [Range(10, 10_000)]
    public int MaxConnections { get; init; } = 200;

    /// <summary>
    /// Further server settings, by their names in <c>postgresql.conf</c>. None by default: every one that Postgres ships for
    /// durability stands. Tests give durability away here for speed.
    /// </summary>
    public IReadOnlyDictionary<string, string> ServerSettings { get; init; } = new Dictionary<string, string>();
}
