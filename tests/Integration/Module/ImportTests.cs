using System.Management.Automation;
using System.Runtime.Loader;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Module;

public sealed class ImportTests : IDisposable
{
    private readonly HostedRunspace _runspace = new();

    public void Dispose() => _runspace.Dispose();

    [Fact]
    public void The_module_exports_the_cmdlets_that_its_manifest_names_and_each_says_so()
    {
        const string keys = "param($Manifest) (Test-ModuleManifest $Manifest).ExportedCmdlets.Keys";
        var declared = _runspace.Run(keys, new { Repository.Manifest }).Objects;
        var found = _runspace.Run("Get-Command -Module PisaHpc").Succeeded().Objects;
        var commands = found.Select(item => (CommandInfo)item.BaseObject).ToList();
        Assert.NotEmpty(commands);
        Assert.Equal(
            declared.Select(name => (string)name.BaseObject).Order(StringComparer.Ordinal),
            commands.Select(command => command.Name).Order(StringComparer.Ordinal));
        Assert.All(commands, command => Assert.Equal("PisaHpc", command.ModuleName));
    }

    [Fact]
    public void A_forced_import_exports_them_again_however_often()
    {
        var before = Names();
        for (var i = 0; i < 2; i++)
        {
            _runspace.Run("param($Manifest) Import-Module $Manifest -Force", new { Repository.Manifest }).Succeeded();
            Assert.Equal(before, Names());
            _runspace.Run("Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24 -Owner root").Single();
        }
    }

    [Fact]
    public void A_removed_module_takes_its_cmdlets_along_and_can_come_back()
    {
        var before = Names();
        _runspace.Run("Remove-Module PisaHpc").Succeeded();
        Assert.Empty(_runspace.Run("Get-Command Get-HpcAllocation -ErrorAction Ignore").Objects);
        _runspace.Run("param($Manifest) Import-Module $Manifest", new { Repository.Manifest }).Succeeded();
        Assert.Equal(before, Names());
    }

    [Fact]
    public void Another_runspace_of_the_process_has_the_cmdlets_too()
    {
        using var other = new HostedRunspace();
        Assert.Equal(Names(), NamesIn(other));
    }

    [Fact]
    public void Adapters_and_packages_stay_out_of_the_default_load_context_and_what_scripts_name_is_in_it()
    {
        var site = Path.Combine(Repository.Root, "docs/site.example.yaml");
        _runspace.Run("param($Site) Get-HpcEnvironment -Site $Site", new { Site = site }).Succeeded();
        var shared = NamesOf(AssemblyLoadContext.Default);
        Assert.Contains("PisaHpc", shared);
        Assert.All(["PisaHpc.Adapters", "YamlDotNet", "Renci.SshNet", "Docker.DotNet"], name => Assert.DoesNotContain(name, shared));
        var own = Assert.Single(AssemblyLoadContext.All, context => context.Name == "PisaHpc");
        Assert.Superset(new HashSet<string?> { "PisaHpc.Adapters", "YamlDotNet" }, NamesOf(own));
        Assert.DoesNotContain("PisaHpc", NamesOf(own));
        Assert.Equal("HpcAllocation", _runspace.Run("[PisaHpc.Batch.HpcAllocation].Name").Single().BaseObject);
    }

    private static HashSet<string?> NamesOf(AssemblyLoadContext context) =>
        [.. context.Assemblies.Select(assembly => assembly.GetName().Name)];

    private List<string> Names() => NamesIn(_runspace);

    private static List<string> NamesIn(HostedRunspace runspace) =>
        [.. runspace.Run("Get-Command -Module PisaHpc | ForEach-Object Name").Succeeded().Objects.Select(name => (string)name.BaseObject)];
}
