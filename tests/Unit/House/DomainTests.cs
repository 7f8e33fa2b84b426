using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>The rules of the house that hold inside the domain: one direction, and nothing of the other rooms.</summary>
public sealed class DomainTests
{
    /// <summary>The folders from the ground up. Each may use those above it in this list, and no other.</summary>
    private static readonly string[] Order =
    [
        "Errors", "Posix", "Monitoring", "HostLists", "Views", "Tracing", "Nodes", "Engines", "Batch", "Sites", "Devices", "Ports",
        "Access", "Images", "Containers", "Environments", "Jobs", "Mpi", "Audit", "Setup", "Preflight", "BatchHooks", "Reports",
    ];

    private static readonly Architecture Domain = new ArchLoader().LoadAssembly(typeof(HpcException).Assembly).Build();

    public static TheoryData<string> Folders => [.. Order];

    [Fact]
    public void Every_folder_has_its_place_in_the_order() => Assert.Equal(
        Order.Order(StringComparer.Ordinal),
        Directory.EnumerateDirectories(Checkout.PathOf("src", "PisaHpc")).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_those_before_it_alone(string folder)
    {
        var later = Order[(Array.IndexOf(Order, folder) + 1)..];
        var up = (from use in UsesOf(folder)
                  where later.Contains(FolderOf(use.Target))
                  select $"{use.Origin.FullName} uses {use.Target.FullName}").Distinct().ToArray();
        Assert.True(up is [], string.Join('\n', up));
    }

    /// <summary>A constant leaves no trace in an assembly: the sources' own words show its use.</summary>
    [Theory]
    [MemberData(nameof(Folders))]
    public void A_source_names_no_namespace_of_a_later_folder(string folder) => Assert.Empty(
        from file in Rooms.SourcesOf("PisaHpc")
        where file.Split('/')[1] == folder
        from line in Rooms.Text(file).Split('\n')
        where line.StartsWith("using PisaHpc.", StringComparison.Ordinal)
        let used = line["using PisaHpc.".Length..].TrimEnd(';').Split('.')[0]
        where Array.IndexOf(Order, used) > Array.IndexOf(Order, folder)
        select $"{file}: {line}");

    [Fact]
    public void A_script_includes_those_of_its_folder_and_of_folders_before_it_alone() => Assert.Empty(
        from script in Rooms.Scripts()
        from line in File.ReadLines(Checkout.PathOf("src", "PisaHpc", script))
        where line.StartsWith(". ", StringComparison.Ordinal)
        let included = line[2..].Split('/')[0]
        where !Order.Take(Array.IndexOf(Order, script.Split('/')[0]) + 1).Contains(included)
        select $"{script} includes {line[2..]}");

    [Fact]
    public void The_design_page_says_what_each_folder_uses()
    {
        var rows = File.ReadLines(Checkout.PathOf("docs", "design.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 5 && Order.Contains(cells[1].Trim('`')))
            .Select(cells => $"{cells[1].Trim('`')}: {cells[3]}");
        Assert.Equal(Order.Select(folder => $"{folder}: {string.Join(", ", UsedBy(folder))}"), rows);
    }

    [Fact]
    public void The_domain_knows_the_platform_alone() => Assert.All(
        typeof(HpcException).Assembly.GetReferencedAssemblies(),
        assembly => Assert.True(
            assembly.Name!.StartsWith("System.", StringComparison.Ordinal) && assembly.Name != "System.Management.Automation",
            assembly.FullName));

    /// <summary>The folders that one uses, but for Errors, which all do.</summary>
    private static IEnumerable<string> UsedBy(string folder) => Order[1..].Intersect(UsesOf(folder).Select(use => FolderOf(use.Target)));

    private static IEnumerable<ITypeDependency> UsesOf(string folder) =>
        from type in Domain.Types
        where FolderOf(type) == folder
        from use in type.Dependencies
        where use.Target is not GenericParameter
        let target = FolderOf(use.Target)
        where target != folder && target != ""
        select use;

    /// <summary>The folder right below the domain's root; empty for what is not the domain's.</summary>
    private static string FolderOf(IType type) =>
        type.Namespace?.FullName.Split('.') is ["PisaHpc", var folder, ..] && Order.Contains(folder) ? folder : "";
}
