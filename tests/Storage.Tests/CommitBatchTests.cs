using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using CsCheck;

namespace ContinueWatching.Storage.Tests;

/// <summary>How queued writes become statements.</summary>
public sealed class CommitBatchTests
{
    private static readonly DeviceId[] Devices = [.. "abcd".Select(letter => DeviceId.Parse(letter.ToString()))];

    private static readonly UserId[] Users = [UserId.Parse("1"), UserId.Parse("01"), UserId.Parse("a"), UserId.Parse("A")];

    private static readonly Gen<RegisterWrite> AnyWrite = Gen.Select(
        Gen.Int[0, 3], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 9],
        (user, title, device, evicted, second) => Some.Write(
            Users[user],
            Some.Title(title),
            Some.Register(second, device: Devices[device]),
            evicted == device ? null : Some.Register(second, device: Devices[evicted])));

    [Fact]
    public void Every_write_is_in_one_statement_and_no_statement_touches_a_register_twice() => AnyWrite.Array[0, 40].Sample(writes =>
    {
        var statements = CommitBatch.Split(writes, write => write).ToArray();

        Assert.Equal(writes.Length, statements.Sum(statement => statement.Length));
        Assert.Equal(
            writes.ToHashSet<object>(ReferenceEqualityComparer.Instance),
            statements.SelectMany(all => all).ToHashSet<object>(ReferenceEqualityComparer.Instance));
        Assert.All(statements, statement =>
        {
            Assert.NotEmpty(statement);
            var touched = statement.SelectMany(Touched).ToArray();
            Assert.Equal(touched.Length, touched.Distinct().Count());
        });
    });

    [Fact]
    public void Writes_that_touch_one_register_stay_in_their_order() => AnyWrite.Array[0, 40].Sample(writes =>
    {
        var statements = CommitBatch.Split(writes, write => write).ToArray();

        for (var later = 1; later < writes.Length; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (Touched(writes[earlier]).Intersect(Touched(writes[later])).Any())
                    Assert.True(StatementOf(writes[earlier]) < StatementOf(writes[later]));
            }
        }

        int StatementOf(RegisterWrite write) => Array.FindIndex(statements, all => all.Any(one => ReferenceEquals(one, write)));
    });

    [Fact]
    public void The_keys_of_a_statement_are_sorted_byte_by_byte() => AnyWrite.Array[0, 40].Sample(writes =>
        Assert.All(CommitBatch.Split(writes, write => write), statement => Assert.Equal(
            statement.OrderBy(write => write.User.Value, StringComparer.Ordinal)
                .ThenBy(write => write.ContentId)
                .ThenBy(write => write.Register.DeviceId.Value, StringComparer.Ordinal),
            statement)));

    [Fact]
    public void Writes_without_a_register_in_common_are_one_statement() =>
        Assert.Single(CommitBatch.Split(Enumerable.Range(0, 1_000).Select(_ => Some.Write()), write => write));

    private static IEnumerable<RegisterKey> Touched(RegisterWrite write)
    {
        yield return RegisterKey.Of(write);
        if (write.Evicted is { } evicted)
            yield return RegisterKey.Of(write) with { DeviceId = evicted.DeviceId };
    }
}
