using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// The tag that a launcher puts before a rank's output. A rank of more than nine digits is a rank's own text. Each line is looked through,
/// of which there may be millions: no regular expression does that.
/// </summary>
internal sealed class RankTag
{
    private const int MostDigits = 9;
    private static readonly string[] Streams = ["<stdout>:", "<stderr>:", "<stddiag>:"];

    // What begins it; of srun's nothing does, and it stands at a line's begin.
    private readonly string? _head;

    // Open MPI has a job before the rank, and the stream behind it.
    private readonly bool _isOpenMpi;
    private readonly string _end;

    private RankTag(string? head, string end, bool isOpenMpi = false) => (_head, _end, _isOpenMpi) = (head, end, isOpenMpi);

    /// <summary>The tag of a launcher.</summary>
    /// <param name="run">The run's mark, which is part of Hydra's tag.</param>
    public static RankTag Of(LauncherFacts facts, string run) => (facts.Flavour, facts.Major) switch
    {
        // 17: text, with blanks before the rank where there are longer ones.
        _ when facts.Launcher == MpiLauncher.Srun => new RankTag(null, ": "),
        (MpiFlavour.Mpich, _) => new RankTag($"<{run}:", ">"),

        // [1,17]<stdout>:text, job and rank; of Open MPI 5 with a space before the text.
        (_, >= 5) => new RankTag("[", " ", isOpenMpi: true),
        _ => new RankTag("[", "", isOpenMpi: true),
    };

    /// <summary>Finds the next one.</summary>
    /// <param name="text">A line, or the part of it that has come.</param>
    /// <param name="start">From where.</param>
    public bool TryFind(ReadOnlySpan<char> text, int start, out RankTagPlace place)
    {
        if (_head is null)
        {
            var blanks = start == 0 ? text.IndexOfAnyExcept(' ') : -1;
            return TryRead(text, 0, Math.Max(blanks, 0), out place) && start == 0;
        }

        while (text[start..].IndexOf(_head, StringComparison.Ordinal) is var next and >= 0)
        {
            start += next;
            if (TryRead(text, start, start + _head.Length, out place))
            {
                return true;
            }

            start++;
        }

        place = default;
        return false;
    }

    /// <summary>Reads what follows the head.</summary>
    private bool TryRead(ReadOnlySpan<char> text, int start, int position, out RankTagPlace place)
    {
        place = default;
        if (_isOpenMpi && !TryPassJob(text, ref position))
        {
            return false;
        }

        var digits = Digits(text[position..]);
        if (digits is 0 or > MostDigits)
        {
            return false;
        }

        var rank = int.Parse(text.Slice(position, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        position += digits;
        if ((_isOpenMpi && !TryPassStream(text, ref position)) || !TryPass(text, _end, ref position))
        {
            return false;
        }

        place = new RankTagPlace(start, position - start, rank);
        return true;
    }

    private static bool TryPassJob(ReadOnlySpan<char> text, ref int position)
    {
        var digits = Digits(text[position..]);
        position += digits;
        return digits > 0 && TryPass(text, ",", ref position);
    }

    private static bool TryPassStream(ReadOnlySpan<char> text, ref int position)
    {
        if (!TryPass(text, "]", ref position))
        {
            return false;
        }

        foreach (var stream in Streams)
        {
            if (TryPass(text, stream, ref position))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryPass(ReadOnlySpan<char> text, string expected, ref int position)
    {
        if (!text[position..].StartsWith(expected, StringComparison.Ordinal))
        {
            return false;
        }

        position += expected.Length;
        return true;
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;
}

/// <summary>Where a tag stands.</summary>
/// <param name="Index">Where it begins.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Rank">The rank whose output follows.</param>
internal readonly record struct RankTagPlace(int Index, int Length, int Rank);
