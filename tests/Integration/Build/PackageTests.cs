using System.Reflection.PortableExecutable;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>What a site installs: made once, unpacked as the README says, and used.</summary>
public sealed class PackageTests(Package package) : IClassFixture<Package>
{
    private const string Help = "en-US/PisaHpc.Module.dll-Help.xml";

    [Fact]
    public void The_module_is_what_it_loads_its_help_and_what_its_messages_name()
    {
        var assemblies = Directory.EnumerateFiles(Path.Combine(Repository.Root, "bin"), "*.dll").Select(file => "bin/" + Path.GetFileName(file));
        var topics = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "about"))
            .Select(file => $"en-US/{Path.GetFileNameWithoutExtension(file)}.help.txt");
        string[] others =
        [
            "CHANGELOG.md", "LICENSE", "PisaHpc.Format.ps1xml", "PisaHpc.psd1", "PisaHpc.psm1", "bin/PisaHpc.Module.deps.json",
            "bin/PisaHpc.Module.pdb", "bin/PisaHpc.pdb", "docs/site.example.yaml", "docs/site.schema.json",
        ];
        var files = package.Files.Where(file => !file.StartsWith("host/", StringComparison.Ordinal) && file != Help).ToList();
        Assert.Equal([.. assemblies, .. topics, .. others], files.ToHashSet());
        Assert.Equal(package.HasPlatyPS, package.Files.Contains(Help));
    }

    [Fact]
    public void Its_code_is_portable() => Assert.All(
        package.Files.Where(file => file.StartsWith("bin/", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal)),
        file =>
        {
            using var image = new PEReader(File.OpenRead(Path.Combine(package.Module, file)));
            Assert.True(image.PEHeaders.CorHeader!.Flags.HasFlag(CorFlags.ILOnly), $"{file} is not IL alone.");
            Assert.True(image.PEHeaders.CorHeader.ManagedNativeHeaderDirectory.Size == 0, $"{file} is compiled ahead.");
        });

    [Fact]
    public async Task The_host_beside_it_finds_it_also_by_a_link()
    {
        var link = Path.Combine(package.Directory, "pisahpc");
        File.CreateSymbolicLink(link, Path.Combine(package.Module, "host", "pisahpc"));
        const string script = "(Get-Module PisaHpc).Path; (Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32, 24 -Owner root).TotalSlots";
        var result = await RunningProcess.RunAsync(link, ["-Command", script], new Dictionary<string, string?> { ["PISAHPC_MODULE"] = null });
        Assert.Equal([Path.Combine(package.Module, "PisaHpc.psm1"), "56"], result.EndedWith(0).Lines);
    }

    [Fact]
    public async Task A_topic_is_found_by_Get_Help()
    {
        var host = Path.Combine(package.Module, "host", "pisahpc");
        var result = await RunningProcess.RunAsync(host, ["-Command", "Get-Help about_PisaHpc_Jobs"]);
        Assert.Contains("# about_PisaHpc_Jobs", result.EndedWith(0).Output, StringComparison.Ordinal);
    }
}
