using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Face;

/// <summary>A cmdlet that goes to nodes shows how far it is: a bar for the whole, and one for each node that it is at.</summary>
public sealed class ProgressTests : IDisposable
{
    private const string Allocation =
        "$allocation = Get-HpcAllocation -Node localhost -Slot 1 -Owner hpcuser:4001:4001 -JobId 42; "
        + "$ssh = [PisaHpc.Unit.Face.NoSiteTests]::Ssh; ";

    /// <summary>What each of them is called with.</summary>
    private static readonly Dictionary<string, string> Calls = new()
    {
        ["Clear-HpcOrphan"] = "Clear-HpcOrphan",
        ["Compare-HpcEnvironment"] = "Compare-HpcEnvironment",
        ["Copy-HpcContainerItem"] = "Copy-HpcContainerItem /etc/hostname /tmp -Node localhost",
        ["Export-HpcKnownHost"] = "Export-HpcKnownHost",
        ["Get-HpcContainer"] = "Get-HpcContainer",
        ["Get-HpcImage"] = "Get-HpcImage",
        ["Get-HpcJob"] = "Get-HpcJob",
        ["Get-HpcNode"] = "Get-HpcNode",
        ["Get-IbDevice"] = "Get-IbDevice localhost",
        ["Get-JobSshConfig"] = "Get-JobSshConfig",
        ["Initialize-HpcNode"] = "Initialize-HpcNode localhost -WhatIf",
        ["New-HpcContainerPlan"] = "$allocation | New-HpcContainerPlan -Environment debian12 -SshConfig $ssh",
        ["Remove-JobSshConfig"] = "Remove-JobSshConfig 42 localhost",
        ["Restart-HpcContainer"] = "Restart-HpcContainer cs7",
        ["Start-HpcContainer"] = "$allocation | Start-HpcContainer -Environment debian12 -SshConfig $ssh",
        ["Stop-HpcContainer"] = "Stop-HpcContainer -Static cs7",
        ["Sync-HpcEnvironment"] = "Sync-HpcEnvironment",
        ["Test-HpcContainer"] = "Test-HpcContainer",
        ["Test-HpcNode"] = "Test-HpcNode",
        ["Update-HpcImage"] = "Update-HpcImage",
        ["Wait-HpcContainer"] = "Wait-HpcContainer -Static cs7",
    };

    /// <summary>Those that show it otherwise, or that no node of a test's gets so far; where that is seen.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["Enter-HpcContainer"] = "It is a person's own terminal.",
        ["Get-HpcContainerLog"] = "Its lines show it.",
        ["Install-HpcBatchHook"] = "BatchHookCmdlet.OnNodesAsync; it needs a batch system.",
        ["Invoke-ContainerCommand"] = "Its lines show it.",
        ["Invoke-ContainerMpi"] = "ContainerMpiStopTests; it needs a job that runs.",
        ["Invoke-HpcJob"] = "Its lines show it, and it is on one node.",
        ["Measure-HpcContainer"] = "Its rows come in each round.",
        ["New-JobSshConfig"] = "JobPhaseTests; it would write to this machine.",
        ["Start-HpcJob"] = "JobPhaseTests; it would write to this machine.",
        ["Stop-HpcJob"] = "JobPhaseTests; it needs a job.",
        ["Test-HpcBatchHook"] = "BatchHookCmdlet.OnNodesAsync; it needs a batch system.",
        ["Uninstall-HpcBatchHook"] = "BatchHookCmdlet.OnNodesAsync; it needs a batch system.",
        ["Wait-HpcJob"] = "Its one bar says what each job is.",
    };

    private readonly SocketEngine _engine = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-progress-");

    public static TheoryData<string> Shown => [.. Calls.Keys];

    public void Dispose()
    {
        _engine.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Every_cmdlet_that_goes_to_nodes_is_looked_at() => Assert.Equal(
        CmdletFacts.All.Where(cmdlet => cmdlet.Type.IsSubclassOf(typeof(NodeCmdlet))).Select(cmdlet => cmdlet.Name),
        Calls.Keys.Concat(Others.Keys).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Shown))]
    public void It_shows_the_whole_and_each_node_that_it_is_at_and_takes_them_away(string name)
    {
        var site = Path.Combine(_directory.FullName, "site.yaml");
        File.WriteAllText(
            site,
            File.ReadAllText(_engine.Site) + $"runDirectory: {_directory.FullName}/run\n"
                + "static:\n  cs7: { environment: debian12, nodes: [ localhost ], port: 2201 }\n"
                + $"portArea: {{ path: {Directory.CreateDirectory(_directory.FullName + "/ports").FullName}, first: 22000, last: 22009 }}\n"
                + "batch: { system: slurm }\n");

        var run = CmdletRun.Of(
            $"$PSDefaultParameterValues = @{{ '*:Site' = '{site}' }}; {Allocation}{Calls[name]}",
            ("Get-HpcAllocation", CmdletFacts.Named("Get-HpcAllocation").Type),
            (name, CmdletFacts.Named(name).Type));

        var why = string.Join('\n', run.Errors);
        var node = run.Progress.FirstOrDefault(record => record.ParentActivityId == 1);
        Assert.True(node is not null, $"No node is shown:\n{why}");
        Assert.Equal("localhost", node.Activity);
        Assert.True(run.Progress[0] is { ActivityId: 1, ParentActivityId: -1 }, why);
        Assert.All(
            run.Progress.GroupBy(record => record.ActivityId),
            bar => Assert.Equal(ProgressRecordType.Completed, bar.Last().RecordType));
    }
}
