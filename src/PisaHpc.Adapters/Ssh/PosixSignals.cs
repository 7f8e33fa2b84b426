namespace PisaHpc.Adapters.Ssh;

/// <summary>Signal names as the ssh protocol sends them (RFC 4254, section 6.10) and their numbers on Linux (signal(7)).</summary>
internal static class PosixSignals
{
    private static readonly Dictionary<string, int> Numbers = new(StringComparer.Ordinal)
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ILL"] = 4,
        ["TRAP"] = 5,
        ["ABRT"] = 6,
        ["BUS"] = 7,
        ["FPE"] = 8,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["SEGV"] = 11,
        ["USR2"] = 12,
        ["PIPE"] = 13,
        ["ALRM"] = 14,
        ["TERM"] = 15,
    };

    /// <summary>The number of a signal; 0 for one whose name tells nothing (sshd writes "SIG" and a private suffix for those).</summary>
    public static int NumberOf(string name) => Numbers.GetValueOrDefault(name);
}
