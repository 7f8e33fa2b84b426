using System.Text;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>A directory tree that an image is made of.</summary>
public sealed class SourceTree : IImageSource
{
    private const long ManyHoleBytes = 1L << 30;
    private readonly INodeConnection _machine;
    private readonly TreeExclusions _exclusions;
    private readonly TreeSurvey _survey;
    private readonly IReadOnlyList<byte[]> _defaultLists;

    private SourceTree(
        INodeConnection machine, string path, TreeExclusions exclusions, TreeSurvey survey, IReadOnlyList<byte[]> defaultLists)
    {
        _machine = machine;
        Path = path;
        _exclusions = exclusions;
        _survey = survey;
        _defaultLists = defaultLists;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Description =>
        $"the tree {Path} ({Plural.Of(_survey.Files, "file")}, {ByteSize.Words(_survey.Bytes)})";

    /// <inheritdoc/>
    public string? TreeDigest => _survey.Digest;

    /// <inheritdoc/>
    public string? Fingerprint => _survey.State;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _survey.HoleBytes < ManyHoleBytes
        ? []
        :
        [
            $"Sparse files of {Path} have {ByteSize.Words(_survey.HoleBytes)} of holes, most of them in {_survey.LargestHole}; an engine " +
            "writes them out as zeros.",
        ];

    /// <summary>Looks at a tree: every file's status, and no content.</summary>
    /// <param name="machine">This machine.</param>
    /// <param name="exclude">Patterns of paths, from the tree's root, that stay out.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageSourceMissing"/>, <see cref="ErrorId.ImageSourceUnreadable"/>, <see cref="ErrorId.InvalidValue"/> for an
    /// exclusion, <see cref="ErrorId.PlatformNotSupported"/> where there is no GNU tar and find.
    /// </exception>
    public static async Task<SourceTree> OpenAsync(
        INodeConnection machine, string path, IEnumerable<string> exclude, CancellationToken cancellationToken)
    {
        var resolving = ResolveAsync(machine, path, cancellationToken);
        await Task.WhenAll(
            RequireAsync(machine, "tar", "GNU tar", cancellationToken),
            RequireAsync(machine, "find", "GNU findutils", cancellationToken),
            resolving);
        var root = await resolving;
        var mounts = MountPoints.Below(await File.ReadAllTextAsync("/proc/self/mountinfo", cancellationToken), root)
            .ToLookup(mount => Directory.Exists(System.IO.Path.Combine(root, mount)));
        var exclusions = new TreeExclusions(mounts[true], mounts[false], exclude);
        var reader = new TreeSurveyReader(exclusions, directory => AccessLists.HasDefault(root, directory));
        var survey = await SurveyAsync(machine, root, exclusions, reader, cancellationToken);
        return new SourceTree(machine, root, exclusions, survey, reader.DefaultLists);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WriteAsync(
        Stream target, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var tar = new TreeTar();
        var read = 0L;
        await tar.RunAsync(_machine, Path, _exclusions, await NamesAsync(cancellationToken), target, Tell, cancellationToken);

        // tar's list of files comes beside its stream: only now are all of them counted.
        Tell(read);
        return !tar.HasChanged ? [] : [$"The tree {Path} changed while it was read: {string.Join("; ", tar.Messages)}"];

        void Tell(long written)
        {
            read = written;
            progress?.Report(
                new ImportProgress(written, Math.Max(written, _survey.Bytes), Math.Min(tar.Files, _survey.Files), _survey.Files));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IReadOnlyList<string> Find(string root, TreeExclusions exclusions, string format) =>
    [
        "env", "LC_ALL=C", "find", root, "-xdev", "-ignore_readdir_race", .. exclusions.ForFind(root), "-type", "s",
        "-o", "-printf", format,
    ];

    /// <summary>The files in an order of their own; null where tar's own will do, which is nearly everywhere.</summary>
    private async Task<ReadOnlyMemory<byte>?> NamesAsync(CancellationToken cancellationToken)
    {
        if (_defaultLists.Count == 0)
        {
            return null;
        }

        var paths = await _machine.RunAsync(Find(Path, _exclusions, @"%P\0"), default, cancellationToken);
        return paths.ExitCode == 0
            ? TreeOrder.Of(paths.Output.Span, _defaultLists)
            : throw Unreadable(Path, paths.Error);
    }

    private static async Task RequireAsync(INodeConnection machine, string tool, string mark, CancellationToken cancellationToken)
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

    private static async Task<string> ResolveAsync(INodeConnection machine, string path, CancellationToken cancellationToken)
    {
        var answer = await machine.RunAsync(["realpath", "--canonicalize-existing", "--zero", "--", path], default, cancellationToken);
        return answer.ExitCode == 0
            ? answer.Text.TrimEnd('\0')
            : throw new HpcException(
                ErrorId.ImageSourceMissing, $"The directory {path} cannot be reached: {Quote.Words(answer.Error)}", path);
    }

    private static async Task<TreeSurvey> SurveyAsync(
        INodeConnection machine, string root, TreeExclusions exclusions, TreeSurveyReader reader, CancellationToken cancellationToken)
    {
        await using var process = await machine.StartAsync(Find(root, exclusions, TreeSurveyReader.Format), cancellationToken);
        using var error = new StreamReader(process.Error, Encoding.UTF8);
        var words = error.ReadToEndAsync(cancellationToken);
        try
        {
            var survey = await reader.ReadAsync(process.Output, cancellationToken);
            return await process.WaitAsync(cancellationToken) == 0
                ? survey
                : throw Unreadable(root, await words);
        }
        catch (InvalidDataException exception)
        {
            throw Unreadable(root, exception.Message);
        }
    }

    private static HpcException Unreadable(string root, string words)
    {
        var lines = words.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var first = string.Join("; ", lines.Take(3)) + (lines.Length > 3 ? $"; and {lines.Length - 3} more" : "");
        return new HpcException(ErrorId.ImageSourceUnreadable, $"The tree {root} cannot be read: {Quote.Words(first)}", root);
    }
}
