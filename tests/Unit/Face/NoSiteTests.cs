using System.Management.Automation;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Module.Base;
using PisaHpc.Unit.Commands;
using PisaHpc.Unit.Containers;

namespace PisaHpc.Unit.Face;

/// <summary>A machine without a site definition is told so by every cmdlet that needs one, in one way.</summary>
public sealed class NoSiteTests
{
    /// <summary>What each cmdlet cannot do without one.</summary>
    private static readonly Dictionary<string, string[]> Needs = new()
    {
        ["Clear-HpcOrphan"] = ["Clear-HpcOrphan", "Clear-HpcOrphan 4711", "Clear-HpcOrphan -Node o2wn01"],
        ["Compare-HpcEnvironment"] = ["Compare-HpcEnvironment", "Compare-HpcEnvironment cs7"],
        ["Copy-HpcContainerItem"] = ["Copy-HpcContainerItem /etc/hostname /tmp -JobId 4711"],
        ["Enter-HpcContainer"] = ["Enter-HpcContainer -JobId 4711 -WhatIf", "Enter-HpcContainer -Static cs7 -WhatIf"],
        ["Export-HpcKnownHost"] = ["Export-HpcKnownHost", "Export-HpcKnownHost cs7"],
        ["Export-HpcReport"] = ["Export-HpcReport /tmp/none.html"],
        ["Get-HpcAllocation"] = ["Get-HpcAllocation 'o2wn*' 1 -Owner u:1:1"],
        ["Get-HpcContainer"] = ["Get-HpcContainer", "Get-HpcContainer 'o2wn*'"],
        ["Get-HpcEnvironment"] = ["Get-HpcEnvironment", "Get-HpcEnvironment debian12", "Get-HpcEnvironment -Queue hpc"],
        ["Get-HpcImage"] = ["Get-HpcImage", "Get-HpcImage o2wn01 -Environment debian12", "Get-HpcImage o2wn01 -Environment 'd*'"],
        ["Get-HpcJob"] = ["Get-HpcJob", "Get-HpcJob 4711"],
        ["Get-HpcNode"] = ["Get-HpcNode", "Get-HpcNode 'o2wn*'", "Get-HpcNode -Summary"],
        ["Get-IbDevice"] = ["Get-IbDevice 'o2wn*'"],
        ["Get-JobPort"] = ["Get-JobPort", "Get-JobPort 4711"],
        ["Get-JobSshConfig"] = ["Get-JobSshConfig", "Get-JobSshConfig 4711"],
        ["Initialize-HpcNode"] = ["Initialize-HpcNode o2wn01 -WhatIf"],
        ["Install-HpcBatchHook"] = ["Install-HpcBatchHook Slurm -WhatIf"],
        ["Invoke-ContainerCommand"] = ["Invoke-ContainerCommand hostname -JobId 4711", "Invoke-ContainerCommand hostname -Static cs7"],
        ["Invoke-ContainerMpi"] = ["Invoke-ContainerMpi -JobId 4711 -Command hostname"],
        ["Invoke-HpcJob"] = ["Invoke-HpcJob 4711 hostname"],
        ["Measure-HpcContainer"] = ["Measure-HpcContainer", "Measure-HpcContainer 'o2wn*'", "Measure-HpcContainer -JobId 4711"],
        ["New-HpcContainerPlan"] = ["$allocation | New-HpcContainerPlan -Environment debian12 -SshConfig $ssh"],
        ["New-JobPort"] = ["New-JobPort -JobId 4711"],
        ["Publish-HpcImage"] = ["Publish-HpcImage pisa/hpc:deb12"],
        ["Remove-JobPort"] = ["Remove-JobPort -JobId 4711", "Remove-JobPort -Expired"],
        ["Remove-JobSshConfig"] = ["Remove-JobSshConfig 4711 'o2wn*'"],
        ["Restart-HpcContainer"] = ["Restart-HpcContainer cs7"],
        ["Start-HpcContainer"] =
            ["$allocation | Start-HpcContainer -Environment debian12 -SshConfig $ssh", "Start-HpcContainer -Static cs7"],
        ["Start-HpcJob"] = ["$allocation | Start-HpcJob -Environment debian12"],
        ["Stop-HpcJob"] = ["Stop-HpcJob 4711"],
        ["Sync-HpcEnvironment"] = ["Sync-HpcEnvironment", "Sync-HpcEnvironment cs7 -Prune"],
        ["Test-HpcBatchHook"] = ["Test-HpcBatchHook"],
        ["Test-HpcContainer"] = ["Test-HpcContainer", "Test-HpcContainer -Static cs7", "Test-HpcContainer -Definition"],
        ["Test-HpcNode"] = ["Test-HpcNode", "Test-HpcNode o2wn01 -Environment debian12"],
        ["Test-HpcSite"] = ["Test-HpcSite", "Test-HpcSite -Quiet"],
        ["Uninstall-HpcBatchHook"] = ["Uninstall-HpcBatchHook -WhatIf"],
        ["Update-HpcImage"] = ["Update-HpcImage", "Update-HpcImage o2wn01", "Update-HpcImage o2wn01 debian12"],
        ["Wait-HpcJob"] = ["Wait-HpcJob 4711"],
    };

    /// <summary>What they are given says everything.</summary>
    private static readonly HashSet<string> NeedNone =
        ["Get-HpcContainerLog", "Import-HpcImage", "New-JobSshConfig", "Stop-HpcContainer", "Wait-HpcContainer"];

    public static TheoryData<string, string> Scripts
    {
        get
        {
            var scripts = new TheoryData<string, string>();
            foreach (var (cmdlet, script) in Needs.SelectMany(entry => entry.Value.Select(script => (entry.Key, script))))
            {
                scripts.Add(cmdlet, script);
            }

            return scripts;
        }
    }

    [Fact]
    public void Every_cmdlet_that_takes_a_site_definition_is_looked_at() => Assert.Equal(
        CmdletFacts.All.Where(cmdlet => cmdlet.Type.IsSubclassOf(typeof(SiteCmdlet))).Select(cmdlet => cmdlet.Name),
        Needs.Keys.Concat(NeedNone).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void It_is_one_error_with_one_message_and_one_next_step(string cmdlet, string script)
    {
        Assert.False(File.Exists(SiteLocation.Default), $"The machine that tests run on has {SiteLocation.Default}.");
        var run = CmdletRun.Of(
            "$allocation = [PisaHpc.Unit.Face.NoSiteTests]::Allocation; $ssh = [PisaHpc.Unit.Face.NoSiteTests]::Ssh; " + script,
            (cmdlet, CmdletFacts.Named(cmdlet).Type));

        var error = run.Failure("SiteMissing");
        Assert.Empty(run.Output);
        Assert.Equal((ErrorCategory.ObjectNotFound, SiteLocation.Default), (error.CategoryInfo.Category, error.TargetObject));
        Assert.Equal(SiteLocation.Missing().Message, error.ErrorDetails.Message);
        Assert.Equal(SiteLocation.NextStep, error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void The_next_step_names_the_file_the_variable_the_parameter_and_the_example() => Assert.All(
        [SiteLocation.Default, "$PISAHPC_SITE", "-Site", "site.example.yaml"],
        word => Assert.Contains(word, SiteLocation.NextStep, StringComparison.Ordinal));

    public static object Allocation => PlanRequests.Allocation;

    public static object Ssh => PlanRequests.Ssh;
}
