using System.Management.Automation;
using System.Reflection;
using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Face;

/// <summary>A cmdlet as its assembly declares it.</summary>
/// <param name="Type">The class.</param>
/// <param name="Declaration">Its attribute.</param>
internal sealed record CmdletFacts(Type Type, CmdletAttribute Declaration)
{
    /// <summary>Every cmdlet of the module.</summary>
    public static IReadOnlyList<CmdletFacts> All { get; } =
    [
        .. from type in typeof(AsyncCmdlet).Assembly.GetTypes()
           let declaration = type.GetCustomAttribute<CmdletAttribute>()
           where declaration is not null
           select new CmdletFacts(type, declaration) into cmdlet
           orderby cmdlet.Name
           select cmdlet,
    ];

    /// <summary>Their names, for theories.</summary>
    public static TheoryData<string> Names => [.. All.Select(cmdlet => cmdlet.Name)];

    public string Name => $"{Declaration.VerbName}-{Declaration.NounName}";

    /// <summary>The types it puts out.</summary>
    public IReadOnlyList<Type> Outputs =>
    [
        .. from attribute in Type.GetCustomAttributes<OutputTypeAttribute>()
           from name in attribute.Type
           select name.Type into type
           where type is not null
           select type,
    ];

    /// <summary>Its parameters, those of its bases included.</summary>
    public IReadOnlyList<PropertyInfo> Parameters =>
    [
        .. from property in Type.GetProperties()
           where property.GetCustomAttributes<ParameterAttribute>().Any()
           orderby property.Name
           select property,
    ];

    public static CmdletFacts Named(string name) => All.Single(cmdlet => cmdlet.Name == name);
}
