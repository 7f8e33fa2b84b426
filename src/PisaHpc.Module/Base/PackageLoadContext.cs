using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace PisaHpc.Module.Base;

/// <summary>
/// The load context of PisaHpc.Adapters.dll and of every package that it uses. The domain's assembly stays in the default context, since
/// scripts name its types, and so does this one, which PowerShell loads; what else they use comes from the host.
/// </summary>
internal sealed class PackageLoadContext : AssemblyLoadContext
{
    private const string Adapters = "PisaHpc.Adapters";

    private static readonly Lazy<PackageLoadContext> Context = new(Start);

    private PackageLoadContext()
        : base("PisaHpc")
    {
    }

    /// <summary>Has the runtime look here for the adapters, which it has not at hand; a second time does nothing.</summary>
    public static void Use() => _ = Context.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var domain = typeof(HpcException).Assembly;
        if (assemblyName.Name == domain.GetName().Name)
        {
            return domain;
        }

        var path = PathOf(assemblyName.Name!);
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static PackageLoadContext Start()
    {
        var context = new PackageLoadContext();
        Default.Resolving += (_, name) => name.Name == Adapters ? context.LoadFromAssemblyPath(PathOf(Adapters)) : null;
        return context;
    }

    private static string PathOf(string assembly) =>
        Path.Combine(Path.GetDirectoryName(typeof(PackageLoadContext).Assembly.Location)!, assembly + ".dll");
}

/// <summary>Makes the load context as the module is imported: before any of its cmdlets runs.</summary>
public sealed class PackageIsolation : IModuleAssemblyInitializer
{
    /// <inheritdoc/>
    public void OnImport() => PackageLoadContext.Use();
}
