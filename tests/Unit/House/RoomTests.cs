using System.Reflection;
using System.Runtime.CompilerServices;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using PisaHpc.Adapters;
using PisaHpc.Hook;
using PisaHpc.Module.Base;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>The rules of the house between its rooms: who may know whom.</summary>
public sealed class RoomTests
{
    private static readonly System.Reflection.Assembly Adapters = typeof(NodeConnectors).Assembly;
    private static readonly System.Reflection.Assembly Module = typeof(SiteCmdlet).Assembly;

    private static readonly Architecture OfAdapters =
        new ArchLoader().LoadAssemblies(typeof(HpcException).Assembly, Adapters).Build();

    public static TheoryData<string> Parts => ["Ssh", "Engines", "Yaml", "Telemetry"];

    [Fact]
    public void A_namespace_says_the_folder() => Assert.All(
        Rooms.SourcesOf("PisaHpc", "PisaHpc.Adapters", "PisaHpc.Module", "PisaHpc.Hook").Where(file => Path.GetFileName(file) != "Program.cs"),
        file => Assert.Contains($"\nnamespace {Rooms.NamespaceOf(file)};\n", "\n" + Rooms.Text(file), StringComparison.Ordinal));

    [Fact]
    public void A_file_is_one_concept_of_at_most_300_lines() => Assert.All(
        from folder in (string[])["src", "tests", "native", "hooks", "lab", "bench", "contrib"]
        from pattern in (string[])["*.cs", "*.c", "*.h", "*.sh", "*.ps1", "*.py"]
        from path in Directory.EnumerateFiles(Checkout.PathOf(folder), pattern, SearchOption.AllDirectories)
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        select path,
        path => Assert.InRange(File.ReadLines(path).Count(), 0, 300));

    [Fact]
    public void Adapters_know_the_domain_and_packages_and_no_PowerShell() => Assert.DoesNotContain(
        Adapters.GetReferencedAssemblies().Select(assembly => assembly.Name!),
        name => name is "System.Management.Automation" or "PisaHpc.Module" || name.StartsWith("Microsoft.PowerShell", StringComparison.Ordinal));

    [Fact]
    public void The_program_for_hooks_knows_no_PowerShell_either() => Assert.Equal(
        ["PisaHpc", "PisaHpc.Adapters"],
        typeof(HookOptions).Assembly.GetReferencedAssemblies()
            .Select(assembly => assembly.Name!)
            .Where(name => name == "System.Management.Automation" || !name.StartsWith("System.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));

    [Fact]
    public void The_module_knows_no_package_but_PowerShell()
    {
        string[] packages = ["Renci.SshNet", "BouncyCastle.Cryptography", "Docker.DotNet", "YamlDotNet", "OpenTelemetry", "OpenTelemetry.Api"];
        Assert.Empty(Module.GetReferencedAssemblies().Select(assembly => assembly.Name).Intersect(packages));
        Assert.Empty(packages.Except(Adapters.GetReferencedAssemblies().Select(assembly => assembly.Name)));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void An_adapter_knows_no_other(string part)
    {
        var across = (from type in OfAdapters.Types
                      where PartOf(type) == part
                      from use in type.Dependencies
                      where PartOf(use.Target) is { } other && other != part
                      select $"{type.FullName} uses {use.Target.FullName}").Distinct().ToArray();
        Assert.True(across is [], string.Join('\n', across));
    }

    [Fact]
    public void The_domain_lets_nobody_in_but_its_own_rooms_tests_and_benchmarks() => Assert.Equal(
        ["PisaHpc.Adapters", "PisaHpc.Module", "pisahpc-hook", "PisaHpc.Unit", "PortRacer", "PisaHpc.Bench"],
        typeof(HpcException).Assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName));

    private static string? PartOf(IType type) => type.Namespace?.FullName.Split('.') is ["PisaHpc", "Adapters", var part, ..] ? part : null;
}
