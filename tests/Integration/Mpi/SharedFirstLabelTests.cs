using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>
/// Nodes whose names differ behind the first dot only. The lab's two have such names here besides their own: in the hosts file that nodes
/// and containers share, in a known_hosts file and in a site definition of the test's.
/// </summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class SharedFirstLabelTests(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private const string HostsFile = "/etc/hosts";
    private static readonly string[] Names = ["wn.rack1.lab", "wn.rack2.lab"];
    private readonly HostedRunspace _shell = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-labels-");
    private readonly string _job = LabFixture.NewJobId("labels");

    private string Site => Path.Combine(_directory.FullName, "site.yaml");

    public async Task InitializeAsync()
    {
        var site = LabSite.Of(lab);
        var keys = site.Text.Split('\n').Single(line => line.Contains("known_hosts", StringComparison.Ordinal)).Split('[', ']')[1].Trim();
        var known = Path.Combine(_directory.FullName, "known_hosts");
        await File.WriteAllTextAsync(known, Renamed(await File.ReadAllTextAsync(keys)));
        site.ReplacingEach(@"'o2wn\[[0-9-]+\]'", "'wn.rack[1-2].lab'").Replacing(keys, known).Replacing("    config:", "    # config:")
            .WriteTo(Site);
        await File.AppendAllLinesAsync(HostsFile, lab.Nodes.Zip(Names, (node, name) => $"{node.Address} {name} # {_job}"));
    }

    public async Task DisposeAsync()
    {
        var stopped = _shell.Run("param($Job, $Site) Stop-HpcJob $Job -GraceSec 0 -Site $Site", new { Job = _job, Site });

        // Written in place: the file may be a mount, which cannot be renamed over.
        var lines = await File.ReadAllLinesAsync(HostsFile);
        await File.WriteAllLinesAsync(HostsFile, lines.Where(line => !line.EndsWith($" # {_job}", StringComparison.Ordinal)));
        stopped.Succeeded();
        await lab.AssertNothingLeftAsync(_job);
    }

    public void Dispose()
    {
        _shell.Dispose();
        _directory.Delete(recursive: true);
    }

    // Not Open MPI 5: its daemons go by the host names that the nodes have themselves, and these names are other ones for them.
    [Theory]
    [InlineData("debian12")]
    [InlineData("debian12-mpich")]
    public void Ranks_run_on_both_and_are_told_apart(string environment)
    {
        const string Script = """
            param($Job, $Site, $Names, $Environment)
            $PSDefaultParameterValues = @{ '*-*:Site' = $Site }
            $null = Get-HpcAllocation -Node $Names -Slot 2, 1 -JobId $Job -Owner hpcuser -Queue hpc | Start-HpcJob -Environment $Environment
            Invoke-ContainerMpi -JobId $Job -Command hostname
            """;
        var objects = _shell.Run(Script, new { Job = _job, Site, Names, Environment = environment }).Succeeded().Objects;

        var lines = objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).OrderBy(line => (int)line.Rank);
        Assert.Equal(
            [(0, Names[0], "o2wn01"), (1, Names[0], "o2wn01"), (2, Names[1], "o2wn02")],
            lines.Select(line => ((int)line.Rank, (string)line.Node, (string)line.Text)));
    }

    private string Renamed(string keys) => lab.Nodes.Zip(Names)
        .Aggregate(keys, (text, pair) => text.Replace(pair.First.Name, pair.Second, StringComparison.Ordinal));
}
