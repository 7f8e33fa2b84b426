using System.Globalization;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Images;

/// <summary>A directory tree that an image is made of.</summary>
public sealed class SourceTree : IImageSource
{
    private const long ManyHoleBytes = 1L << 30;
    private readonly INodeConnection _machine;
    private readonly TreeExclusions _exclusions;
    private readonly TreeSurvey _survey;

    private SourceTree(INodeConnection machine, string path, TreeExclusions exclusions, TreeSurvey survey)
    {
        _machine = machine;
        Path = path;
        _exclusions = exclusions;
        _survey = survey;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Description =>
        string.Create(CultureInfo.InvariantCulture, $"the tree {Path} ({_survey.Files:N0} files, {ByteSize.Words(_survey.Bytes)})");

    /// <inheritdoc/>
    public string? TreeDigest => _survey.Digest;

    /// <inheritdoc/>
    public string? Fingerprint => string.Create(CultureInfo.InvariantCulture, $"{_survey.Digest} {_survey.LastChange}");

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _survey.HoleBytes < ManyHoleBytes
        ? []
        :
        [
            $"Sparse files of {Path} have {ByteSize.Words(_survey.HoleBytes)} of holes, most of them in {_survey.LargestHole}; an engine writes " +
            "them out as zeros. Leave such files out with -Exclude.",
        ];

    /// <summary>Looks at a tree: every file's status, and no content.</summary>
    /// <param name="machine">This machine; the tree gives it back.</param>
    /// <param name="path">The tree.</param>
    /// <param name="exclude">Patterns of paths, from the tree's root, that stay out.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageSourceMissing"/>, <see cref="ErrorId.ImageSourceUnreadable"/>, <see cref="ErrorId.InvalidValue"/> for an exclusion,
    /// <see cref="ErrorId.PlatformNotSupported"/> where there is no GNU tar and find.
    /// </exception>
    public static async Task<SourceTree> OpenAsync(
        INodeConnection machine, string path, IEnumerable<string> exclude, CancellationToken cancellationToken)
    {
        await RequireToolsAsync(machine, cancellationToken);
        var root = await ResolveAsync(machine, path, cancellationToken);
        var mounts = MountPoints.Below(await File.ReadAllTextAsync("/proc/self/mountinfo", cancellationToken), root)
            .ToLookup(mount => Directory.Exists(System.IO.Path.Combine(root, mount)));
        var exclusions = new TreeExclusions(mounts[true], mounts[false], exclude);
        return new SourceTree(machine, root, exclusions, await SurveyAsync(machine, root, exclusions, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WriteAsync(Stream target, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var tar = new TreeTar();
        var read = 0L;
        await tar.RunAsync(_machine, Path, _exclusions, target, Tell, cancellationToken);

        // tar's list of files comes beside its stream: only now are all of them counted.
        Tell(read);
        return tar.Messages.Count == 0 ? [] : [$"The tree {Path} changed while it was read: {string.Join("; ", tar.Messages)}"];

        void Tell(long written)
        {
            read = written;
            progress?.Report(new ImportProgress(written, Math.Max(written, _survey.Bytes), tar.Files, _survey.Files));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _machine.DisposeAsync();

    private static async Task RequireToolsAsync(INodeConnection machine, CancellationToken cancellationToken)
    {
        foreach (var (tool, mark) in new[] { ("tar", "GNU tar"), ("find", "GNU findutils") })
        {
            var version = await machine.RunAsync([tool, "--version"], default, cancellationToken);
            if (!OperatingSystem.IsLinux() || version.ExitCode != 0 || !version.Text.Contains(mark, StringComparison.Ordinal))
            {
                throw new HpcException(
                    ErrorId.PlatformNotSupported,
                    $"A tree is read with {mark} on Linux, and this machine's {tool} is another.",
                    tool,
                    "Run it on a Linux host that has the tree, or import a tar of it.");
            }
        }
    }

    private static async Task<string> ResolveAsync(INodeConnection machine, string path, CancellationToken cancellationToken)
    {
        var answer = await machine.RunAsync(["realpath", "--canonicalize-existing", "--zero", "--", path], default, cancellationToken);
        return answer.ExitCode == 0
            ? answer.Text.TrimEnd('\0')
            : throw new HpcException(ErrorId.ImageSourceMissing, $"The directory {path} cannot be reached: {answer.Error.Trim()}", path);
    }

    private static async Task<TreeSurvey> SurveyAsync(
        INodeConnection machine, string root, TreeExclusions exclusions, CancellationToken cancellationToken)
    {
        string[] command =
        [
            "env", "LC_ALL=C", "find", root, "-xdev", "-ignore_readdir_race", .. exclusions.ForFind(root), "-type", "s", "-o", "-printf", TreeSurveyReader.Format,
        ];
        await using var process = await machine.StartAsync(command, cancellationToken);
        using var error = new StreamReader(process.Error, Encoding.UTF8);
        var words = error.ReadToEndAsync(cancellationToken);
        var survey = await new TreeSurveyReader(exclusions).ReadAsync(process.Output, cancellationToken);
        return await process.WaitAsync(cancellationToken) == 0
            ? survey
            : throw new HpcException(ErrorId.ImageSourceUnreadable, $"The tree {root} cannot be read: {Short(await words)}", root);
    }

    private static string Short(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length <= 3 ? string.Join("; ", lines) : $"{string.Join("; ", lines.Take(3))}; and {lines.Length - 3} more";
    }
}
