using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>How our prolog or epilog is called beside the site's own.</summary>
internal enum ScriptJoin
{
    /// <summary>A line of slurm.conf names it: the site has none, or one line for each.</summary>
    Line,

    /// <summary>It stands among the site's own, in the directory that a line with wildcards names.</summary>
    Directory,

    /// <summary>The site has a single one: a directory of ours has both, and a line with wildcards names it.</summary>
    Chain,
}

/// <summary>
/// Slurm's prolog or its epilog. Slurm runs the scripts that a line with wildcards names in reverse order, and not one after the first that
/// fails (slurm.conf(5)): ours comes last in a prolog, when the node is as the site wants it, and first in an epilog.
/// </summary>
/// <param name="Key">The key of slurm.conf(5).</param>
/// <param name="Program">Our program.</param>
/// <param name="IsFirst">Whether ours runs before the site's.</param>
internal sealed partial record ScriptHook(string Key, string Program, bool IsFirst)
{
    /// <summary>The prolog.</summary>
    public static ScriptHook Prolog { get; } = new("Prolog", HookPlace.Directory + "/slurm-prolog", IsFirst: false);

    /// <summary>The epilog.</summary>
    public static ScriptHook Epilog { get; } = new("Epilog", HookPlace.Directory + "/slurm-epilog", IsFirst: true);

    /// <summary>Where both are, the site's and ours, for a site that has a single one.</summary>
    public string ChainDirectory => Program + ".d";

    /// <summary>Sees to it that ours is called, and the site's as before.</summary>
    /// <param name="edit">The configuration, into which lines are put.</param>
    /// <param name="configuration">It, as it is without ours.</param>
    /// <param name="takesSeveral">Whether this Slurm runs the scripts of several lines; older ones take the last line.</param>
    /// <returns>The files that every node has to have for it, beside the program.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    public (ScriptJoin Join, IReadOnlyList<HookFile> Files) Join(SlurmConfEdit edit, SlurmConfiguration configuration, bool takesSeveral)
    {
        var lines = configuration.All(Key);
        if (lines.Any(line => line.Value == Program))
        {
            return (ScriptJoin.Line, []);
        }

        if (lines.Count > 1)
        {
            Several(edit, lines, takesSeveral);
            return (ScriptJoin.Line, []);
        }

        if (configuration.Find(Key) is not { } site || site.Value.Equals("(null)", StringComparison.OrdinalIgnoreCase))
        {
            edit.Set(Key, Program);
            return (ScriptJoin.Line, []);
        }

        if (!site.Value.StartsWith('/') || site.Value.Contains("//", StringComparison.Ordinal))
        {
            throw site.Invalid($"{Quote.Of(site.Value)} is no absolute path, and which file it means is not known here.");
        }

        if (Wildcard().IsMatch(site.Value))
        {
            return (ScriptJoin.Directory, [new HookFile(PathBeside(site), Call(Program), HookFile.Executable)]);
        }

        edit.Set(Key, $"{ChainDirectory}/*");
        return (ScriptJoin.Chain, ChainFiles(site.Value));
    }

    /// <summary>The directory of ours that has both, the site's and ours.</summary>
    /// <param name="site">The site's script.</param>
    public IReadOnlyList<HookFile> ChainFiles(string site)
    {
        var (ours, theirs) = IsFirst ? ("90-pisahpc", "10-site") : ("10-pisahpc", "90-site");
        return
        [
            new HookFile($"{ChainDirectory}/{theirs}", $"#!/bin/sh\nexec {ShellQuoting.Quote(site)} \"$@\"\n", HookFile.Executable),
            new HookFile($"{ChainDirectory}/{ours}", Call(Program), HookFile.Executable),
        ];
    }

    private void Several(SlurmConfEdit edit, IReadOnlyList<SlurmConfLine> lines, bool takesSeveral)
    {
        if (!takesSeveral)
        {
            throw lines[^1].Invalid(
                $"{Key} is set in line {lines[0].Number} of {lines[0].File.Path} too, and this Slurm takes the last one alone.",
                "Leave the line that counts, or name a directory in one line: Prolog=/etc/slurm/prolog.d/*.");
        }

        if (IsFirst)
        {
            edit.InsertBefore(lines[0], Program);
        }
        else
        {
            edit.InsertAfter(lines[^1], Program);
        }
    }

    /// <summary>A program that is gone is no reason to drain a node.</summary>
    private static string Call(string program) => $"#!/bin/sh\n[ -x {program} ] || exit 0\nexec {program}\n";

    /// <summary>A name in the site's directory that its wildcards match, and that sorts before or behind all of the site's.</summary>
    private string PathBeside(SlurmConfLine site)
    {
        var slash = site.Value.LastIndexOf('/');
        var (directory, pattern) = (site.Value[..slash], site.Value[(slash + 1)..]);
        if (slash == 0 || Wildcard().IsMatch(directory) || !Wildcard().IsMatch(pattern))
        {
            throw site.Invalid($"{Quote.Of(site.Value)} has wildcards before its last part.");
        }

        string[] words = IsFirst ? ["zz-pisahpc", "99-pisahpc"] : ["00-pisahpc", "01-pisahpc"];
        var (head, tail) = (pattern[..Wildcard().Match(pattern).Index], pattern[(pattern.LastIndexOfAny(['*', '?', ']']) + 1)..]);
        var names = from before in new[] { "", head }.Distinct()
                    from word in words
                    from behind in new[] { "", tail }.Distinct()
                    select before + word + behind;
        return names.FirstOrDefault(name => Matches(pattern, name)) is { } found ? $"{directory}/{found}" : throw site.Invalid(
            $"{Quote.Of(site.Value)} matches no name that could stand there, such as {words[0]}.",
            $"Let the line match {words[0]}: {Key}={directory}/*.");
    }

    /// <summary>Whether glob(7) matches: no wildcard takes a dot in front.</summary>
    private static bool Matches(string pattern, string name)
    {
        var expression = Regex.Replace(
            pattern, @"\[!|\[|\]|\*|\?|[^][*?]+", part => part.Value switch
            {
                "[!" => "[^",
                "[" or "]" => part.Value,
                "*" => ".*",
                "?" => ".",
                var text when IsInBrackets(pattern, part.Index) => text.Replace("\\", "\\\\", StringComparison.Ordinal),
                var text => Regex.Escape(text),
            });
        return Regex.IsMatch(name, $@"\A(?!\.){expression}\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    private static bool IsInBrackets(string pattern, int index) =>
        pattern.LastIndexOf('[', index) > pattern.LastIndexOf(']', index);

    [GeneratedRegex(@"[*?[]")]
    private static partial Regex Wildcard();
}
