using System.Text.Json.Nodes;

namespace ContinueWatching.Infra.Tests;

/// <summary>What must not be lost is not, and 200 means committed in two zones.</summary>
[Collection(OnTemplates.Name)]
public sealed class DatabaseTests(Synthesized synthesized)
{
    [Fact]
    public void Postgres_17_stands_in_two_zones_encrypted()
    {
        foreach (var environment in new[] { synthesized.Production, synthesized.Staging })
        {
            environment.Data.Has("AWS::RDS::DBInstance", """
                {"Engine": "postgres", "MultiAZ": true, "StorageEncrypted": true, "PubliclyAccessible": false, "StorageType": "gp3",
                 "DBName": "continue_watching"}
                """);
            Assert.StartsWith("17.", environment.Data.One("AWS::RDS::DBInstance", "Postgres")["EngineVersion"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_commit_is_on_disk_in_both_before_it_is_acknowledged() => Assert.Equal("on", Parameter("synchronous_commit"));

    [Fact]
    public void Nobody_is_turned_away_while_all_processes_have_their_connections()
    {
        Assert.Equal("1500", Parameter("max_connections"));
        Assert.True(synthesized.Moving.Deployment.ConnectionsAtMost <= 1500);
    }

    [Fact]
    public void Connections_are_encrypted_whoever_makes_them() => Assert.Equal("1", Parameter("rds.force_ssl"));

    [Fact]
    public void What_users_watch_stands_in_no_log()
    {
        Assert.Equal("-1", Parameter("log_min_duration_statement"));
        Assert.DoesNotContain("log_statement", Parameters().AsObject().Select(parameter => parameter.Key));
    }

    [Fact]
    public void The_instance_and_its_copy_use_these_parameters() => Assert.All(
        synthesized.Production.Data.Find("AWS::RDS::DBInstance").Values,
        instance => Assert.Equal(
            Assert.Single(synthesized.Production.Data.Find("AWS::RDS::DBParameterGroup").Keys),
            instance["Properties"]!["DBParameterGroupName"]!["Ref"]!.GetValue<string>()));

    [Fact]
    public void Nothing_deletes_it()
    {
        Assert.True(synthesized.Production.Data.IsProtected);
        foreach (var instance in synthesized.Production.Data.Find("AWS::RDS::DBInstance").Values)
        {
            Assert.True(instance["Properties"]!["DeletionProtection"]!.GetValue<bool>());
            Assert.Equal("Retain", instance["DeletionPolicy"]!.GetValue<string>());
            Assert.Equal("Retain", instance["UpdateReplacePolicy"]!.GetValue<string>());
        }
    }

    [Fact]
    public void It_can_be_put_back_to_any_second_of_five_weeks() => synthesized.Production.Data.Has(
        "AWS::RDS::DBInstance", """{"BackupRetentionPeriod": 35, "DeleteAutomatedBackups": false, "CopyTagsToSnapshot": true}""");

    [Fact]
    public void Production_has_a_copy_to_fall_back_on()
    {
        Assert.Equal(2, synthesized.Production.Data.Find("AWS::RDS::DBInstance").Count);
        Assert.NotNull(synthesized.Production.Data.One("AWS::RDS::DBInstance", "Replica")["SourceDBInstanceIdentifier"]);
        Assert.Single(synthesized.Staging.Data.Find("AWS::RDS::DBInstance"));
    }

    [Fact]
    public void Passwords_are_changed_every_30_days_by_turns_for_those_that_run()
    {
        var data = synthesized.Production.Data;
        var rotations = data.Find("AWS::SecretsManager::RotationSchedule");
        Assert.Equal(3, rotations.Count);
        Assert.All(rotations.Values, rotation =>
        {
            Assert.Equal("rate(30 days)", rotation["Properties"]!["RotationRules"]!["ScheduleExpression"]!.GetValue<string>());

            // The first turn comes when there is a role; not when its stack is made.
            Assert.False(rotation["Properties"]!["RotateImmediatelyOnUpdate"]!.GetValue<bool>());
        });

        // With the single-user kind of it, processes would be left with a password that is none.
        foreach (var (rotation, secret) in new[] { ("rolerotation", "RoleSecret"), ("callerrotation", "CallerSecret") })
        {
            var turns = data.One("AWS::SecretsManager::RotationSchedule", rotation);
            Assert.Equal("PostgreSQLMultiUser", turns["HostedRotationLambda"]!["RotationType"]!.GetValue<string>());
            Assert.StartsWith($"{secret}Attachment", turns["SecretId"]!["Ref"]!.GetValue<string>(), StringComparison.Ordinal);

            // The function logs in as the administrator: it is told so, and so it reads it in the secret.
            var administrator = turns["HostedRotationLambda"]!["MasterSecretArn"]!["Ref"]!.GetValue<string>();
            Assert.StartsWith("AdministratorSecret", administrator, StringComparison.Ordinal);
            Assert.Contains(
                $"\\u0022masterarn\\u0022:\\u0022\",{{\"Ref\":\"{administrator}\"}}",
                data.One("AWS::SecretsManager::Secret", secret)["GenerateSecretString"]!["SecretStringTemplate"]!.ToJsonString(), StringComparison.Ordinal);
        }

        Assert.Equal("AWS::SecretsManager-2024-09-16", data.Json["Transform"]!.GetValue<string>());
    }

    [Fact]
    public void Passwords_outlive_their_stack_as_the_database_does() => Assert.All(
        synthesized.Production.Data.Find("AWS::SecretsManager::Secret").Values, secret => Assert.Equal("Retain", secret["DeletionPolicy"]!.GetValue<string>()));

    [Fact]
    public void No_process_grows_as_old_as_its_password()
    {
        var schedules = synthesized.Production.Service.Find("AWS::Scheduler::Schedule").Values.Select(schedule => schedule["Properties"]!).ToArray();
        Assert.Equal(2, schedules.Length);
        Assert.All(schedules, schedule =>
        {
            Assert.Matches(@"^cron\(\d+ \d+ \? \* [A-Z]{3} \*\)$", schedule["ScheduleExpression"]!.GetValue<string>());
            Assert.Equal("arn:aws:scheduler:::aws-sdk:ecs:updateService", schedule["Target"]!["Arn"]!.GetValue<string>());
            Assert.Contains("\\u0022ForceNewDeployment\\u0022:true", schedule["Target"]!["Input"]!.ToJsonString(), StringComparison.Ordinal);
        });
        foreach (var id in synthesized.Production.Service.Find("AWS::ECS::Service").Keys)
        {
            Assert.Contains(schedules, schedule => schedule["Target"]!["Input"]!.ToJsonString().Contains(id, StringComparison.Ordinal));
        }
    }

    private JsonNode Parameters() => synthesized.Production.Data.One("AWS::RDS::DBParameterGroup")["Parameters"]!;

    private string Parameter(string name) => Parameters()[name]!.GetValue<string>();
}
