using System.Security.Cryptography;
using System.Text;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.SshConfigs;

namespace PisaHpc.Unit.Setup;

/// <summary>What a real shell says of a node before it is made fit.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SetupFactsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-facts-").FullName;

    private string Config => Path.Combine(_directory, "daemon.json");

    private string Marker => SetupFacts.MarkerOf(Config);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_running_engine_is_seen_with_its_options()
    {
        var program = Path.Combine(_directory, "dockerd");
        File.Copy("/bin/sh", program);
        using var engine = LocalShell.Start([program, "-s", "--", "--label", "a=b c", "--live-restore"]);
        try
        {
            var facts = await ReadAsync();
            Assert.True(facts.EngineRuns);
            Assert.False(facts.ConnectingStarts);
            Assert.True(facts.Options.LiveRestore);
            Assert.True(facts.Options.Say("labels"));
        }
        finally
        {
            engine.StandardInput.Close();
            await engine.WaitForExitAsync();
        }
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
        Assert.Equal(("old", kept, true, true), (facts.ConfigText(), facts.Backup, facts.Pending, facts.Resumes));
        Assert.Equal("trial", Encoding.UTF8.GetString(facts.Standing!));

        await File.WriteAllTextAsync(Config, "an admin's");
        facts = await ReadAsync();
        Assert.Equal(("an admin's", null, true, false), (facts.ConfigText(), facts.Backup, facts.Pending, facts.Resumes));
    }

    [Fact]
    public async Task A_change_that_was_cut_off_where_no_file_was_is_known_too()
    {
        await File.WriteAllTextAsync(Config, "trial");
        await MarkAsync("none", "trial");
        var facts = await ReadAsync();
        Assert.Equal((null, null, true), (facts.ConfigText(), facts.Backup, facts.Resumes));
    }

    [Fact]
    public async Task A_mark_without_its_copy_leaves_the_file_as_the_admins()
    {
        await File.WriteAllTextAsync(Config, "file");
        await MarkAsync(Path.Combine(_directory, "never made"), "file");
        Assert.Equal(("file", false), (await ReadAsync() is var facts ? facts.ConfigText() : null, facts.Resumes));
        await File.WriteAllTextAsync(Marker, "");
        Assert.Equal(("file", true), ((facts = await ReadAsync()).ConfigText(), facts.Pending));
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
        Assert.Equal(("old", kept, true), (facts.ConfigText(), facts.Backup, facts.Resumes));
    }

    private Task MarkAsync(string kept, params string[] contents) => File.WriteAllLinesAsync(
        Marker, contents.Select(content => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))).Prepend(kept));

    private Task<SetupFacts> ReadAsync() => SetupFacts.ReadAsync(
        new LocalShell("o2wn01"), new HpcSite { Engine = new EngineSettings { Config = Config } }, CancellationToken.None);
}
