using System.Collections.Immutable;

namespace ContinueWatching.Api.Tests;

/// <summary>A JSON object as raw text, member by member, so that a test can write what no serializer would.</summary>
public sealed class ReportBody
{
    private readonly ImmutableList<(string Name, string Json)> _members;

    public ReportBody()
        : this([])
    {
    }

    private ReportBody(ImmutableList<(string Name, string Json)> members) => _members = members;

    /// <summary>The same with a member's value replaced, or added.</summary>
    public ReportBody With(string name, string json) => new(Without(name)._members.Add((name, json)));

    public ReportBody Without(string name) => new(_members.RemoveAll(member => member.Name == name));

    public override string ToString() => $"{{{string.Join(", ", _members.Select(member => $"\"{member.Name}\": {member.Json}"))}}}";
}
