using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PisaHpc.Host.Scripts;

/// <summary>A script's parameters, as its param block declares them, with the common ones of advanced scripts.</summary>
internal sealed class ScriptParameters
{
    private static readonly string[] CommonSwitches = ["Verbose", "Debug", "WhatIf", "Confirm"];

    private static readonly string[] CommonValues =
    [
        "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "ErrorVariable", "WarningVariable", "InformationVariable",
        "OutVariable", "OutBuffer", "PipelineVariable",
    ];

    private readonly List<ScriptParameter> _declared;
    private readonly List<ScriptParameter> _common = [];

    /// <summary>Reads a param block.</summary>
    public ScriptParameters(ParamBlockAst block)
    {
        _declared = [.. block.Parameters.Select(ScriptParameter.Of)];
        var advanced = block.Attributes.Any(attribute => attribute.TypeName.Name == "CmdletBinding")
            || block.Parameters.Any(parameter => parameter.Attributes.Any(attribute => attribute.TypeName.Name == "Parameter"));
        if (advanced)
        {
            _common.AddRange(CommonSwitches.Select(name => new ScriptParameter(name, [], IsSwitch: true, IsMany: false, Position: null)));
            _common.AddRange(CommonValues.Select(name => new ScriptParameter(name, [], IsSwitch: false, IsMany: false, Position: null)));
        }
    }

    /// <summary>Finds a parameter by name, alias, or a prefix that fits one only.</summary>
    /// <exception cref="UsageException">None fits, or several do.</exception>
    public ScriptParameter Find(string name)
    {
        var all = _declared.Concat(_common).ToList();
        if (all.Find(parameter => parameter.IsCalled(name)) is { } exact)
        {
            return exact;
        }

        var fitting = all.Where(parameter => parameter.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return fitting switch
        {
            [var one] => one,
            [] => throw new UsageException(
                $"The script has no parameter -{name}. It has: {string.Join(", ", _declared.Select(parameter => "-" + parameter.Name))}."),
            _ => throw new UsageException($"-{name} fits several parameters: {string.Join(", ", fitting.Select(f => "-" + f.Name))}."),
        };
    }

    /// <summary>The parameters that positional values go to, in order, without those given by name.</summary>
    public IReadOnlyList<ScriptParameter> PositionalExcept(IEnumerable<string> named)
    {
        var taken = new HashSet<string>(named, StringComparer.OrdinalIgnoreCase);
        var free = _declared.Where(parameter => !parameter.IsSwitch && !taken.Contains(parameter.Name)).ToList();
        return free.Any(parameter => parameter.Position is not null)
            ? [.. free.Where(parameter => parameter.Position is not null).OrderBy(parameter => parameter.Position)]
            : free;
    }
}

/// <summary>A parameter of a script.</summary>
/// <param name="Name">The name.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
/// <param name="IsMany">Whether it takes several values, so that a comma list is several.</param>
/// <param name="Position">The position it declares; null when it declares none.</param>
internal sealed record ScriptParameter(string Name, IReadOnlyList<string> Aliases, bool IsSwitch, bool IsMany, int? Position)
{
    /// <summary>Reads a declaration.</summary>
    public static ScriptParameter Of(ParameterAst ast)
    {
        var attributes = ast.Attributes.OfType<AttributeAst>().ToList();
        var position = attributes
            .Where(attribute => attribute.TypeName.Name == "Parameter")
            .SelectMany(attribute => attribute.NamedArguments)
            .FirstOrDefault(argument => argument.ArgumentName.Equals("Position", StringComparison.OrdinalIgnoreCase))
            ?.Argument.SafeGetValue();
        var aliases = attributes
            .Where(attribute => attribute.TypeName.Name == "Alias")
            .SelectMany(attribute => attribute.PositionalArguments)
            .Select(argument => argument.SafeGetValue()?.ToString() ?? "");
        return new ScriptParameter(
            ast.Name.VariablePath.UserPath,
            [.. aliases],
            ast.StaticType == typeof(SwitchParameter),
            TakesMany(ast.StaticType),
            position is int number ? number : null);
    }

    /// <summary>Whether this is its name or an alias of it.</summary>
    public bool IsCalled(string name) =>
        Name.Equals(name, StringComparison.OrdinalIgnoreCase) || Aliases.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The value that a text stands for.</summary>
    public object ValueOf(string text) => IsMany ? SplitList(text) : text;

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
