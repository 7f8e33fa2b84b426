using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>New-HpcSite at a prompt: what is left out is asked for, and so is whether host keys are the nodes' own.</summary>
[Collection(LabTests.Name)]
public sealed class SiteByQuestionsTests(LabFixture lab) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-questions-");

    private string Site => Path.Combine(_directory.FullName, "site.yaml");

    private string KnownHosts => Path.Combine(_directory.FullName, "known_hosts");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task What_is_left_out_is_asked_for_and_nothing_is_written_before_somebody_says_yes()
    {
        using var console = TerminalPrompt.Start([Repository.Host]);
        await console.ShowsAsync("> ");
        await AskAsync(console);
        await console.TypeAsync("n\r");
        await console.ShowsAsync("Nothing was written");
        Assert.Empty(_directory.GetFiles());

        await AskAsync(console);
        await console.TypeAsync("y\r");
        await console.TypeAsync("'writ' + 'ten'; exit\r");
        await console.ShowsAsync("written");
        (await console.EndAsync()).EndedWith(0);
        var text = await File.ReadAllTextAsync(Site);
        Assert.Contains("registry: registry.lab:5000", text, StringComparison.Ordinal);
        Assert.Contains("image: pisa/hpc:deb12", text, StringComparison.Ordinal);
        Assert.StartsWith("o2wn01 ssh-", await File.ReadAllTextAsync(KnownHosts), StringComparison.Ordinal);
    }

    private async Task AskAsync(TerminalPrompt console)
    {
        await console.TypeAsync($"New-HpcSite o2wn01 -PortArea {_directory.FullName}/ports -KeyFile {lab.State.SshKey} -Path {Site}\r");
        await console.ShowsAsync("Registry: ");
        await console.TypeAsync("registry.lab:5000\r");
        await console.ShowsAsync("Image[0]: ");
        await console.TypeAsync("debian12=pisa/hpc:deb12\r");
        await console.ShowsAsync("Image[1]: ");
        await console.TypeAsync("\r");
        Assert.Contains("Are these the nodes' own keys?", await console.ShowsAsync("[?] Help"), StringComparison.Ordinal);
    }
}
