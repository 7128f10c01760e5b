namespace ContinueWatching.Bench.Load;

/// <summary>What a driver process is to do; handed over as JSON.</summary>
/// <param name="Port">Where the service listens, on 127.0.0.1.</param>
/// <param name="Connections">How many connections are kept open; a closed loop has one request under way on each.</param>
/// <param name="Mix">What is asked.</param>
/// <param name="Users">How many users are active.</param>
/// <param name="Titles">How many titles each of them has begun.</param>
/// <param name="WarmUp">Seconds that are not counted.</param>
/// <param name="Seconds">Seconds that are.</param>
/// <param name="Rate">For an open loop: what is started per second, warm-up included; null for a closed loop.</param>
/// <param name="FirstColdUser">The first of the users whom nobody has asked for yet.</param>
/// <param name="ColdUsers">How many there are.</param>
/// <param name="Once">Instead of for a time: each user once, so that all are awake; nothing of it is counted.</param>
/// <param name="Apart">How far apart the numbers of active users are: with as many others between them in the tables.</param>
/// <param name="SampleEvery">Each how manieth answer is read and checked.</param>
internal sealed record DrivePlan(
    int Port,
    int Connections,
    Mix Mix,
    int Users,
    int Titles,
    double WarmUp,
    double Seconds,
    IReadOnlyList<RateStep>? Rate = null,
    int FirstColdUser = 0,
    int ColdUsers = 0,
    bool Once = false,
    int Apart = 1,
    int SampleEvery = 50)
{
    /// <summary>Warm-up and measurement.</summary>
    public double TotalSeconds => WarmUp + Seconds;
}

/// <summary>What is asked, in shares of any sum.</summary>
internal sealed record Mix(double Heartbeats = 0, double Rows = 0, double Statuses = 0, double ColdRows = 0)
{
    /// <summary>The share of one operation, 0 to 1.</summary>
    public double Of(Operation operation) => Weight(operation) / (Heartbeats + Rows + Statuses + ColdRows);

    private double Weight(Operation operation) => operation switch
    {
        Operation.Heartbeat => Heartbeats,
        Operation.Row => Rows,
        Operation.Status => Statuses,
        _ => ColdRows,
    };
}

/// <summary>A stretch of an open loop, its rate rising or falling evenly.</summary>
internal sealed record RateStep(double Seconds, double From, double To);

/// <summary>What a client does.</summary>
internal enum Operation
{
    /// <summary>A player tells where it is.</summary>
    Heartbeat,

    /// <summary>An app that starts reads its row.</summary>
    Row,

    /// <summary>A player that starts asks where to go on.</summary>
    Status,

    /// <summary>An app that starts reads the row of a user who has to be woken.</summary>
    ColdRow,
}

/// <summary>What a driver measured.</summary>
internal sealed record DriveResult(
    double Seconds,
    IReadOnlyDictionary<Operation, OperationResult> Operations,
    IReadOnlyDictionary<string, long> Sampled,
    IReadOnlyList<SecondResult> Timeline,
    double DriverCpuSeconds)
{
    /// <summary>Answers of 200 per second, of all operations.</summary>
    public double PerSecond => Seconds > 0 ? Operations.Values.Sum(operation => operation.Ok) / Seconds : 0;

    /// <summary>Answers of 503 with Retry-After.</summary>
    public long Unavailable => Operations.Values.Sum(operation => operation.Unavailable);

    /// <summary>Answers that were neither 200 nor 503 with Retry-After, and requests that were not answered.</summary>
    public long Errors => Operations.Values.Sum(operation => operation.Errors);
}

/// <summary>What one operation did within the measured time. Times of answers of 200, in milliseconds, from when it was meant to start.</summary>
internal sealed record OperationResult(
    long Ok, long Unavailable, long Errors, double Mean, double P50, double P90, double P99, double P999, double Max);

/// <summary>One second of a run.</summary>
internal sealed record SecondResult(int Second, long Ok, long Unavailable, long Errors, double P50, double P99, double Cadence);
