using System.Text.RegularExpressions;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// The tags that launchers put before a rank's output; the rank is the only group. A rank of more than nine digits is a rank's own text.
/// </summary>
internal static partial class RankTag
{
    /// <summary>The tag of a launcher.</summary>
    /// <param name="run">The run's mark, which is part of Hydra's tag.</param>
    public static Regex Of(LauncherFacts facts, string run) => (facts.Flavour, facts.Major) switch
    {
        (MpiFlavour.Mpich, _) => new Regex($"<{Regex.Escape(run)}:([0-9]{{1,9}})>", RegexOptions.CultureInvariant),
        (_, >= 5) => OpenMpi5(),
        _ => OpenMpi4(),
    };

    /// <summary><c>[1,17]&lt;stdout&gt;:text</c>: job and rank.</summary>
    [GeneratedRegex(@"\[[0-9]+,([0-9]{1,9})\]<std(?:out|err|diag)>:")]
    private static partial Regex OpenMpi4();

    /// <summary>The same with one space before the text.</summary>
    [GeneratedRegex(@"\[[0-9]+,([0-9]{1,9})\]<std(?:out|err|diag)>: ")]
    private static partial Regex OpenMpi5();
}
