using System.Collections;
using System.Globalization;
using System.Management.Automation.Language;

namespace PisaHpc.Host.Scripts;

/// <summary>A command line's arguments for a script, by what the script declares.</summary>
/// <param name="Named">Values by parameter name.</param>
/// <param name="Positional">The others, in order.</param>
internal sealed record ScriptArguments(Hashtable Named, object[] Positional)
{
    /// <summary>Sorts arguments into named and positional ones.</summary>
    /// <param name="declared">The script's param block; null when it has none, and then every argument is positional, as it stands.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="UsageException">A name fits no parameter, or lacks its value.</exception>
    public static ScriptArguments Bind(ParamBlockAst? declared, IReadOnlyList<string> arguments)
    {
        if (declared is null)
        {
            return new ScriptArguments([], [.. arguments]);
        }

        var parameters = new ScriptParameters(declared);
        var named = new Hashtable(StringComparer.OrdinalIgnoreCase);
        var positional = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--")
            {
                positional.AddRange(arguments.Skip(i + 1));
                break;
            }

            if (IsName(arguments[i]))
            {
                BindNamed(parameters, arguments, ref i, named);
            }
            else
            {
                positional.Add(arguments[i]);
            }
        }

        var free = parameters.PositionalExcept(named.Keys.Cast<string>());
        return new ScriptArguments(named, [.. positional.Select((text, i) => i < free.Count ? free[i].ValueOf(text) : text)]);
    }

    private static void BindNamed(ScriptParameters parameters, IReadOnlyList<string> arguments, ref int index, Hashtable named)
    {
        var parts = arguments[index][1..].Split(':', 2);
        var parameter = parameters.Find(parts[0]);
        object value;
        if (parts.Length == 2)
        {
            value = parameter.IsSwitch ? TruthOf(parts[1], arguments[index]) : parameter.ValueOf(parts[1]);
        }
        else if (parameter.IsSwitch)
        {
            value = true;
        }
        else if (index + 1 < arguments.Count)
        {
            value = parameter.ValueOf(arguments[++index]);
        }
        else
        {
            throw new UsageException($"The script's parameter -{parameter.Name} lacks its value.");
        }

        named[parameter.Name] = value;
    }

    /// <summary>A dash and a letter begin a name; a lone dash and a negative number are values.</summary>
    private static bool IsName(string argument) =>
        argument.Length > 1 && argument[0] == '-' && (char.IsAsciiLetter(argument[1]) || argument[1] is '_' or '?');

    private static bool TruthOf(string text, string argument) => text.TrimStart('$').ToLower(CultureInfo.InvariantCulture) switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new UsageException($"'{argument}' is neither true nor false. Write :$true or :$false after a switch."),
    };
}
