using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace PisaHpc;

/// <summary>
/// The load context of PisaHpc.Module.dll and of every package it uses. The domain assembly itself stays in the default context, since
/// scripts name its types; the engine's assemblies come from the host.
/// </summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = OfPowerShell)]
[UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = OfPowerShell)]
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private const string OfPowerShell = "PowerShell alone asks for it; a program that is compiled ahead of time loads no assembly.";

    private static readonly Lazy<Assembly> Module = new(() => new ModuleLoadContext().LoadFromAssemblyPath(PathOf("PisaHpc.Module")));

    private ModuleLoadContext()
        : base("PisaHpc")
    {
    }

    /// <summary>Loads the cmdlets' assembly, once in a process.</summary>
    /// <returns>The assembly that <c>Import-Module -Assembly</c> takes.</returns>
    public static Assembly LoadModule() => Module.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var domain = typeof(ModuleLoadContext).Assembly;
        if (AssemblyName.ReferenceMatchesDefinition(assemblyName, domain.GetName()))
        {
            return domain;
        }

        var path = PathOf(assemblyName.Name!);
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static string PathOf(string assembly) =>
        Path.Combine(Path.GetDirectoryName(typeof(ModuleLoadContext).Assembly.Location)!, assembly + ".dll");
}
