namespace PisaHpc.Host;

/// <summary>What the command line asks for.</summary>
internal sealed record HostOptions
{
    /// <summary>The script text of -Command; null when not given; <c>-</c> reads it from stdin.</summary>
    public string? Command { get; init; }

    /// <summary>The script file of -File; null when not given; <c>-</c> reads it from stdin.</summary>
    public string? File { get; init; }

    /// <summary>The arguments for the script file, as they came.</summary>
    public IReadOnlyList<string> FileArguments { get; init; } = [];

    /// <summary>The form of the output.</summary>
    public OutputFormat Format { get; init; }

    /// <summary>Whether JSON is an array for one object too.</summary>
    public bool AsArray { get; init; }

    /// <summary>Whether the module is left out, for scripts that need PowerShell alone.</summary>
    public bool NoModule { get; init; }

    /// <summary>Whether the version is all that is asked for.</summary>
    public bool Version { get; init; }

    /// <summary>Whether the help text is all that is asked for.</summary>
    public bool Help { get; init; }

    /// <summary>Whether nothing is named to run, in the form that a person reads.</summary>
    public bool IsForPerson => Command is null && File is null && Format == OutputFormat.Text;
}

/// <summary>The form in which objects and errors leave the process.</summary>
internal enum OutputFormat
{
    /// <summary>The module's table and list views on stdout, readable errors on stderr.</summary>
    Text,

    /// <summary>One JSON document on stdout, one JSON object a line on stderr.</summary>
    Json,

    /// <summary>One JSON object a line, on stdout for each object as it comes, and on stderr.</summary>
    Jsonl,
}
