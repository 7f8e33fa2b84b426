using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Setup;

/// <summary>What a real shell says of a node before it is made fit.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SetupFactsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-facts-").FullName;

    public SetupFactsTests() => File.CreateSymbolicLink(Engine, "/bin/sh");

    private string Engine => Path.Combine(_directory, "dockerd");

    private string Config => Path.Combine(_directory, "daemon.json");

    private string Marker => SetupFacts.MarkerOf(Config);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_running_engine_is_seen_with_its_options()
    {
        var facts = await WithEngineAsync(ReadAsync, "--label", "a=b c", "--live-restore");
        Assert.True(facts.Engine.Runs);
        Assert.False(facts.Engine.ConnectingStarts);
        Assert.Equal(["-s", "--", "--label", "a=b c", "--live-restore", ""], facts.Engine.CommandLine.Skip(1));
    }

    [Theory]
    [InlineData("--config-file", "engine.json")]
    [InlineData("--config-file=engine.json", "")]
    public async Task The_file_that_a_running_engine_reads_is_the_one_that_is_read(string option, string value)
    {
        var file = Path.Combine(_directory, "engine.json");
        await File.WriteAllTextAsync(file, "its own");
        await File.WriteAllTextAsync(Config, "another");
        var facts = await WithEngineAsync(ReadAsync, [option.Replace("engine", $"{_directory}/engine", StringComparison.Ordinal), value.Length > 0 ? file : "-x"]);
        Assert.Equal((file, "its own"), (facts.Engine.File, TextOf(facts)));
        Assert.Equal((Config, "another"), (await ReadAsync() is var without ? without.Engine.File : "", TextOf(without)));
    }

    [Fact]
    public async Task A_file_that_was_changed_after_the_engine_had_started_is_known_with_the_copy_that_it_started_with()
    {
        await File.WriteAllTextAsync(Config, "changed");
        foreach (var (name, hours) in new[] { ("20250101T000000Z", -3), ("20250102T000000Z", -2), ("20250103T000000Z", 1) })
        {
            await File.WriteAllTextAsync($"{Config}.pisahpc-{name}", name);
            File.SetLastWriteTimeUtc($"{Config}.pisahpc-{name}", DateTime.UtcNow.AddHours(hours));
        }

        File.SetLastWriteTimeUtc(Config, DateTime.UtcNow.AddHours(-1));
        Assert.False((await WithEngineAsync(ReadAsync)).Engine.ChangedSinceStart);
        File.SetLastWriteTimeUtc(Config, DateTime.UtcNow.AddHours(1));
        var facts = await WithEngineAsync(ReadAsync);
        Assert.True(facts.Engine.ChangedSinceStart);
        Assert.Equal("20250102T000000Z", Encoding.UTF8.GetString(facts.Engine.StartedWith!));
    }

    [Fact]
    public async Task An_engine_that_is_down_is_known_to_be_in_swarm_mode_by_what_lies_on_its_disk()
    {
        await File.WriteAllTextAsync(Config, $"{{\n  \"data-root\": \"{_directory}/root\"\n}}\n");
        Assert.False((await ReadAsync()).Engine.Marks.Contains("swarm"));
        Directory.CreateDirectory(Path.Combine(_directory, "root", "swarm"));
        await File.WriteAllTextAsync(Path.Combine(_directory, "root", "swarm", "docker-state.json"), "{}");
        Assert.True((await ReadAsync()).Engine.Marks.Contains("swarm"));
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_read_is_a_failure_and_not_an_empty_one()
    {
        Directory.CreateDirectory(Config);
        Assert.Equal(ErrorId.NodeCommandFailed, (await Assert.ThrowsAsync<HpcException>(ReadAsync)).Id);
    }

    [Fact]
    public async Task A_change_that_was_cut_off_is_known_by_its_file()
    {
        var kept = Path.Combine(_directory, "kept");
        await File.WriteAllTextAsync(kept, "old");
        await File.WriteAllTextAsync(Config, "trial");
        await MarkAsync(kept, "first", "trial");
        var facts = await ReadAsync();
        Assert.Equal(("old", kept, true, true), (TextOf(facts), facts.Backup, facts.Engine.Pending, facts.Resumes));
        Assert.Equal("trial", Encoding.UTF8.GetString(facts.Standing!));

        await File.WriteAllTextAsync(Config, "an admin's");
        facts = await ReadAsync();
        Assert.Equal(("an admin's", null, true, false), (TextOf(facts), facts.Backup, facts.Engine.Pending, facts.Resumes));
    }

    [Fact]
    public async Task A_change_that_was_cut_off_where_no_file_was_is_known_too()
    {
        await File.WriteAllTextAsync(Config, "trial");
        await MarkAsync("none", "trial");
        var facts = await ReadAsync();
        Assert.Equal((null, null, true), (TextOf(facts), facts.Backup, facts.Resumes));
    }

    [Fact]
    public async Task A_mark_without_its_copy_leaves_the_file_as_the_admins()
    {
        await File.WriteAllTextAsync(Config, "file");
        await MarkAsync(Path.Combine(_directory, "never made"), "file");
        Assert.Equal(("file", false), (await ReadAsync() is var facts ? TextOf(facts) : null, facts.Resumes));
        await File.WriteAllTextAsync(Marker, "");
        Assert.Equal(("file", true), (TextOf(facts = await ReadAsync()), facts.Engine.Pending));
    }

    [Fact]
    public async Task What_is_put_is_noted_before_it_stands_there()
    {
        var files = new NodeFiles(new LocalShell("o2wn01"));
        await File.WriteAllTextAsync(Config, "old");
        var kept = Path.Combine(_directory, "kept");
        await files.MarkAsync(Marker, kept, CancellationToken.None);
        await files.PutAsync(Config, ["old"u8.ToArray()], "old"u8.ToArray(), kept, Marker, CancellationToken.None);
        await files.PutAsync(Config, ["old"u8.ToArray()], "trial"u8.ToArray(), null, Marker, CancellationToken.None);
        var facts = await ReadAsync();
        Assert.Equal(("old", kept, true), (TextOf(facts), facts.Backup, facts.Resumes));
    }

    [Theory]
    [InlineData("gone/records", false, false)]
    [InlineData("records", true, false)]
    [InlineData("made", true, true)]
    public async Task The_directory_of_records_is_looked_for_with_the_one_that_it_lies_in(string name, bool hasParent, bool hasRecords)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "made"));
        var records = new RecordsDefinition(Path.Combine(_directory, name), TimeSpan.FromDays(30));
        var site = new HpcSite { Engine = new EngineSettings { Config = Config }, Records = records };
        var facts = await SetupFacts.ReadAsync(new LocalShell("o2wn01"), site, CancellationToken.None);
        Assert.Equal((hasParent, hasRecords), (facts.HasRecordsParent, facts.HasRecords));
    }

    /// <summary>Does something while a program of the engine's name runs: a shell that waits for its input.</summary>
    private async Task<T> WithEngineAsync<T>(Func<Task<T>> action, params string[] options)
    {
        using var engine = LocalShell.Start([Engine, "-s", "--", .. options]);
        try
        {
            return await action();
        }
        finally
        {
            engine.StandardInput.Close();
            await engine.WaitForExitAsync();
        }
    }

    private static string? TextOf(SetupFacts facts) => facts.Engine.Config is null ? null : Encoding.UTF8.GetString(facts.Engine.Config);

    private Task MarkAsync(string kept, params string[] contents) => File.WriteAllLinesAsync(
        Marker, contents.Select(content => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))).Prepend(kept));

    private Task<SetupFacts> ReadAsync() => SetupFacts.ReadAsync(
        new LocalShell("o2wn01"), new HpcSite { Engine = new EngineSettings { Config = Config } }, CancellationToken.None);
}
