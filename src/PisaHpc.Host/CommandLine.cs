namespace PisaHpc.Host;

/// <summary>Reads the command line. Options are those of pwsh where both have them, without regard to case, with one dash or two.</summary>
internal static class CommandLine
{
    /// <summary>The help text.</summary>
    public const string Help = """
        pisahpc: PowerShell with the PisaHpc module loaded, for programs. A person has pwsh.

        pisahpc                              a script from stdin; PowerShell's console when stdin is a terminal
        pisahpc [options] -Command TEXT      runs the text ('-' reads it from stdin)
        pisahpc [options] -File SCRIPT ...   runs a script; everything after SCRIPT is the script's own:
                                             bound as by pwsh -File, but that a parameter which takes several values
                                             takes a comma list (o2wn[01,03],login1 is two names)

          -Command, -c TEXT           one text: quote it
          -File, -f SCRIPT
          -OutputFormat, -o FORMAT    Text (the module's views), Json (one document on stdout, JSON lines on stderr) or
                                      Jsonl (JSON lines on both, an object as soon as it comes)
          -AsArray                    with Json: an array, however many objects there are
          -NoModule                   only PowerShell
          -NonInteractive, -NoLogo, -NoProfile
                                      accepted for callers of pwsh: no question is asked (-Confirm, a missing mandatory
                                      parameter: each is an error), no logo shown, no profile run
          -Version, -v    -Help, -h

        exit codes: 0 nothing failed; 1 an error was written or thrown; 2 the command line is not valid; N by the script's 'exit N';
                    129, 130, 143 stopped by SIGHUP, SIGINT (Ctrl-C), SIGTERM, after the pipeline has cleaned up;
                    141 in Jsonl, when nobody reads stdout any more
        environment: PISAHPC_MODULE  the module's manifest; else PisaHpc.psd1 is looked for beside the executable and above it
        """;

    private static readonly Dictionary<string, string> Options = new(StringComparer.OrdinalIgnoreCase)
    {
        ["command"] = "Command",
        ["c"] = "Command",
        ["file"] = "File",
        ["f"] = "File",
        ["outputformat"] = "OutputFormat",
        ["output-format"] = "OutputFormat",
        ["o"] = "OutputFormat",
        ["asarray"] = "AsArray",
        ["as-array"] = "AsArray",
        ["noninteractive"] = "Ignored",
        ["non-interactive"] = "Ignored",
        ["nomodule"] = "NoModule",
        ["no-module"] = "NoModule",
        ["nologo"] = "Ignored",
        ["noprofile"] = "Ignored",
        ["version"] = "Version",
        ["v"] = "Version",
        ["help"] = "Help",
        ["h"] = "Help",
        ["?"] = "Help",
    };

    /// <summary>Reads the arguments.</summary>
    /// <param name="arguments">The process's arguments.</param>
    /// <exception cref="UsageException">An argument is unknown, lacks its value, or contradicts another.</exception>
    public static HostOptions Read(IReadOnlyList<string> arguments)
    {
        var options = new HostOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = OptionAt(arguments, i, options);
            if (option == "File")
            {
                // A script's name may stand without -File, so that '#!/usr/bin/env pisahpc' works.
                var name = arguments[i].StartsWith('-') ? ValueAfter(arguments, i++) : arguments[i];
                return Checked(options with { File = name, FileArguments = [.. arguments.Skip(i + 1)] });
            }

            options = option switch
            {
                "Command" => options with { Command = ValueAfter(arguments, i++) },
                "OutputFormat" => options with { Format = FormatOf(ValueAfter(arguments, i++)) },
                "AsArray" => options with { AsArray = true },
                "NoModule" => options with { NoModule = true },
                "Version" => options with { Version = true },
                "Help" => options with { Help = true },
                _ => options,
            };
        }

        return Checked(options);
    }

    private static string OptionAt(IReadOnlyList<string> arguments, int index, HostOptions sofar)
    {
        var argument = arguments[index];
        if (argument.StartsWith('-') && Options.TryGetValue(argument.TrimStart('-'), out var option))
        {
            return option;
        }

        if (sofar.Command is not null)
        {
            throw new UsageException($"'{argument}' is left over after the command: -Command takes one text, so quote it as a whole.");
        }

        return argument.StartsWith('-')
            ? throw new UsageException($"'{argument}' is not an option of pisahpc. See pisahpc -Help.")
            : "File";
    }

    private static HostOptions Checked(HostOptions options) => options switch
    {
        { Command: not null, File: not null } => throw new UsageException("-Command and -File exclude each other. Give one of them."),
        { AsArray: true, Format: not OutputFormat.Json, Help: false, Version: false } =>
            throw new UsageException("-AsArray is of a JSON document alone. Give -OutputFormat Json too."),
        _ => options,
    };

    private static string ValueAfter(IReadOnlyList<string> arguments, int index) =>
        index + 1 < arguments.Count
            ? arguments[index + 1]
            : throw new UsageException($"'{arguments[index]}' lacks its value. See pisahpc -Help.");

    private static OutputFormat FormatOf(string value) =>
        Enum.TryParse<OutputFormat>(value, ignoreCase: true, out var format) && !int.TryParse(value, out _)
            ? format
            : throw new UsageException($"'{value}' is not an output format. Use Text, Json or Jsonl.");
}

/// <summary>The command line cannot be carried out as it stands; the message names the argument and the next step.</summary>
internal sealed class UsageException(string message) : Exception(message);
