using System.Diagnostics.Metrics;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Grains;

/// <summary>What the grains of a silo measure. <c>docs/observability.md</c> tells what each is good for.</summary>
public sealed class GrainInstruments
{
    private const string Name = "ContinueWatching";

    private static readonly KeyValuePair<string, object?>[] _outcomes =
        [.. Enum.GetValues<ReportOutcome>().Select(outcome => new KeyValuePair<string, object?>(
            "continue_watching.outcome", JsonName(outcome)))];

    private readonly Counter<long> _reports;
    private readonly Counter<long> _rows;

    /// <summary>Makes the instruments; counts begin at zero, so that the first of anything is seen as a change.</summary>
    public GrainInstruments(IMeterFactory meters, IResumeStore store, IOptions<WatchOptions> options)
    {
        var meter = meters.Create(Name);
        _reports = meter.CreateCounter<long>("continue_watching.reports", "{report}", "Reports that were judged, and stored where need be.");
        _rows = meter.CreateCounter<long>("continue_watching.row.reads", "{read}", "Continue-watching rows that were answered.");
        meter.CreateObservableGauge(
            "continue_watching.report.interval", () => NextReportIn(options.Value, store).TotalSeconds, "s", "The cadence asked of players.");
        foreach (var outcome in _outcomes)
        {
            _reports.Add(0, outcome);
        }

        _rows.Add(0);
    }

    /// <summary>When a playing device is to report again, by how full the commit queue is.</summary>
    internal static TimeSpan NextReportIn(WatchOptions options, IResumeStore store) =>
        Cadence.Of(options.ReportInterval, options.LongestReportInterval, store.CommitFill);

    /// <summary>A report has its outcome.</summary>
    internal void Reported(ReportOutcome outcome) => _reports.Add(1, _outcomes[(int)outcome]);

    /// <summary>A row was answered.</summary>
    internal void RowRead() => _rows.Add(1);

    // As in answers: the words of the API's reference.
    private static string JsonName(ReportOutcome outcome) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName($"{outcome}");
}
