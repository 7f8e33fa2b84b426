using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace PisaHpc.Host.Scripts;

/// <summary>
/// A command line's arguments for a script, as <c>pwsh -File</c> hands them to the engine, which binds them. One thing is otherwise: where
/// a parameter takes several values, a comma list is several.
/// </summary>
internal sealed class ScriptArguments
{
    private readonly ScriptParameters _parameters;
    private readonly List<CommandParameter> _sorted = [];
    private readonly HashSet<ScriptParameter> _named = [];
    private readonly List<int> _positional = [];

    private ScriptArguments(ScriptParameters parameters) => _parameters = parameters;

    /// <summary>Sorts arguments.</summary>
    /// <param name="declared">The script's param block; null when it has none.</param>
    /// <param name="arguments">The arguments.</param>
    public static IReadOnlyList<CommandParameter> Of(ParamBlockAst? declared, IReadOnlyList<string> arguments)
    {
        var sorting = new ScriptArguments(new ScriptParameters(declared));
        sorting.Sort(arguments);
        sorting.SplitPositional();
        return sorting._sorted;
    }

    private void Sort(IReadOnlyList<string> arguments)
    {
        // The parameter whose value comes next, and its name where the value belongs to it by a colon.
        ScriptParameter? open = null;
        string? openName = null;
        foreach (var argument in arguments)
        {
            if (openName is not null)
            {
                Add(openName, open?.ValueOf(argument) ?? argument);
                (open, openName) = (null, null);
            }
            else if (IsName(argument))
            {
                var parts = argument.Split(':', 2);
                open = Named(parts[0]);
                switch (parts)
                {
                    case [_, ""]:
                        openName = parts[0];
                        break;
                    case [_, var value]:
                        Add(parts[0], (object?)TruthOf(value) ?? open?.ValueOf(value) ?? value);
                        open = null;
                        break;
                    default:
                        Add(argument, null);
                        open = open is { IsSwitch: false } ? open : null;
                        break;
                }
            }
            else
            {
                if (open is null)
                {
                    _positional.Add(_sorted.Count);
                }

                Add(null, open?.ValueOf(argument) ?? argument);
                open = null;
            }
        }
    }

    /// <summary>Positional values go to the parameters that no name took, which is known only now.</summary>
    private void SplitPositional()
    {
        var free = _parameters.PositionalExcept(_named);
        foreach (var (place, parameter) in _positional.Zip(free))
        {
            _sorted[place] = new CommandParameter(null, parameter.ValueOf((string)_sorted[place].Value));
        }
    }

    private void Add(string? name, object? value) => _sorted.Add(new CommandParameter(name, value));

    private ScriptParameter? Named(string name)
    {
        var parameter = _parameters.Find(name[1..]);
        if (parameter is not null)
        {
            _named.Add(parameter);
        }

        return parameter;
    }

    // The engine takes four characters for a dash.
    private static bool IsName(string argument) => argument.Length > 1 && argument[0] is '-' or '\u2013' or '\u2014' or '\u2015';

    private static bool? TruthOf(string text) => bool.TryParse(text.AsSpan(text.StartsWith('$') ? 1 : 0), out var truth) ? truth : null;
}
