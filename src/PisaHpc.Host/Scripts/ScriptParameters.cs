using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Management.Automation.Language;
using System.Reflection;

namespace PisaHpc.Host.Scripts;

/// <summary>A script's parameters, as its param block declares them, with the common ones of advanced scripts.</summary>
internal sealed class ScriptParameters
{
    private readonly List<ScriptParameter> _declared = [];
    private readonly List<ScriptParameter> _all = [];

    /// <summary>Reads a param block; null when the script has none.</summary>
    public ScriptParameters(ParamBlockAst? block)
    {
        if (block is null)
        {
            return;
        }

        _declared.AddRange(block.Parameters.Select(ScriptParameter.Of));
        _all.AddRange(_declared);
        var isAdvanced = block.Attributes.Any(attribute => attribute.TypeName.Name == "CmdletBinding")
            || block.Parameters.Any(parameter => parameter.Attributes.Any(attribute => attribute.TypeName.Name == "Parameter"));
        if (isAdvanced)
        {
            Type[] common = [typeof(CommonParameters), typeof(ShouldProcessParameters)];
            _all.AddRange(common.SelectMany(type => type.GetProperties()).Select(ScriptParameter.Of));
        }
    }

    /// <summary>
    /// Finds a parameter by name, alias, or a prefix that fits one only; null when the engine will have something to say of the name.
    /// </summary>
    public ScriptParameter? Find(string name)
    {
        if (_all.Find(parameter => parameter.Names.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } exact)
        {
            return exact;
        }

        var fitting = _all.Where(parameter => parameter.Names.Any(known => known.StartsWith(name, StringComparison.OrdinalIgnoreCase)));
        return fitting.Take(2).ToList() is [var one] ? one : null;
    }

    /// <summary>The parameters that positional values go to, in order, without those given by name.</summary>
    public IReadOnlyList<ScriptParameter> PositionalExcept(IReadOnlySet<ScriptParameter> named)
    {
        var free = _declared.Where(parameter => !parameter.IsSwitch && !named.Contains(parameter)).ToList();
        return _declared.Any(parameter => parameter.Position is not null)
            ? [.. free.Where(parameter => parameter.Position is not null).OrderBy(parameter => parameter.Position)]
            : free;
    }
}

/// <summary>A parameter of a script.</summary>
/// <param name="Names">Its name and its aliases.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
/// <param name="IsMany">Whether it takes several values at once, so that a comma list is several.</param>
/// <param name="Position">The position it declares; null when it declares none.</param>
internal sealed record ScriptParameter(IReadOnlyList<string> Names, bool IsSwitch, bool IsMany, int? Position)
{
    /// <summary>Reads a declaration.</summary>
    public static ScriptParameter Of(ParameterAst ast)
    {
        var attributes = ast.Attributes.OfType<AttributeAst>().ToList();
        var settings = attributes.Where(attribute => attribute.TypeName.Name == "Parameter")
            .SelectMany(attribute => attribute.NamedArguments)
            .ToLookup(argument => argument.ArgumentName, argument => argument.Argument, StringComparer.OrdinalIgnoreCase);
        var aliases = attributes
            .Where(attribute => attribute.TypeName.Name == "Alias")
            .SelectMany(attribute => attribute.PositionalArguments)
            .Select(argument => argument.SafeGetValue()?.ToString() ?? "");
        return new ScriptParameter(
            [ast.Name.VariablePath.UserPath, .. aliases],
            ast.StaticType == typeof(SwitchParameter),
            TakesMany(ast.StaticType) && !settings.Contains("ValueFromRemainingArguments"),
            settings["Position"].FirstOrDefault()?.SafeGetValue() as int?);
    }

    /// <summary>Reads one that the engine has itself.</summary>
    public static ScriptParameter Of(PropertyInfo common) => new(
        [common.Name, .. common.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? []],
        common.PropertyType == typeof(SwitchParameter),
        IsMany: false,
        Position: null);

    /// <summary>The value that a text stands for: several texts where a list of them is wanted and one is given.</summary>
    public object ValueOf(string text) => IsMany && SplitList(text) is { Length: > 1 } several ? several : text;

    private static bool TakesMany(Type type) =>
        type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)) && !type.IsAssignableTo(typeof(IDictionary));

    /// <summary>Splits a comma list; commas within the brackets of a host list (<c>o2wn[01,03]</c>) belong to their item.</summary>
    private static string[] SplitList(string text)
    {
        var items = new List<string>();
        var depth = 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '[' => 1, ']' => -1, _ => 0 };
            if (text[i] == ',' && depth <= 0)
            {
                items.Add(text[start..i]);
                start = i + 1;
            }
        }

        items.Add(text[start..]);
        return [.. items];
    }
}
