using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>What every refusal looks like.</summary>
internal static class Problem
{
    public static void Assert(Answer answer, int status, string? field = null)
    {
        Xunit.Assert.True(status == answer.Status, $"{status} was expected: {answer}");
        Xunit.Assert.Equal("application/problem+json", answer.ContentType);
        var problem = answer.Json;
        Xunit.Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Xunit.Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Xunit.Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        if (status != 400)
            return;
        Xunit.Assert.Equal(field, problem.GetProperty("field").GetString());
        var detail = problem.GetProperty("detail").GetString()!;
        Xunit.Assert.Contains(problem.GetProperty("value").GetString()!, detail, StringComparison.Ordinal);
        Xunit.Assert.Contains(problem.GetProperty("allowed").GetString()!, detail, StringComparison.Ordinal);
    }
}
