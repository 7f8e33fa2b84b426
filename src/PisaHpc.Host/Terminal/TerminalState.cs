namespace PisaHpc.Host.Terminal;

/// <summary>What the process's standard streams are, and so what may be written to them and asked of them.</summary>
internal sealed record TerminalState
{
    /// <summary>Whether somebody can answer a question.</summary>
    public required bool CanAsk { get; init; }

    /// <summary>Whether stdin is a terminal.</summary>
    public required bool InputIsTerminal { get; init; }

    /// <summary>Whether stdout is a terminal.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Whether stderr is a terminal.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>Whether terminals take control sequences: TERM names one and it is not dumb.</summary>
    public required bool IsCapable { get; init; }

    /// <summary>Whether colours are wanted on terminals: NO_COLOR is unset or empty, which is that variable's own convention.</summary>
    public required bool ColoursWanted { get; init; }

    /// <summary>Whether stdout gets colours.</summary>
    public bool OutputColours => OutputIsTerminal && IsCapable && ColoursWanted;

    /// <summary>Whether stderr gets colours.</summary>
    public bool ErrorColours => ErrorIsTerminal && IsCapable && ColoursWanted;

    /// <summary>The process's own.</summary>
    /// <param name="nonInteractive">Whether questions are unwanted.</param>
    public static TerminalState OfProcess(bool nonInteractive) => new()
    {
        CanAsk = !nonInteractive && !Console.IsInputRedirected,
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        IsCapable = Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "" or null),
        ColoursWanted = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
    };
}
