using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Engines;
using PisaHpc.Images.Import;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Makes an image of a directory tree, of a tar or of a stream, as <c>tar | docker import</c> does, and says in labels where it came from.
/// </summary>
[Cmdlet(VerbsData.Import, "HpcImage", SupportsShouldProcess = true, DefaultParameterSetName = FromPath)]
[OutputType(typeof(ImportedImage))]
public sealed class ImportHpcImageCommand : ImageCmdlet, IBackgroundCmdlet
{
    private const string FromPath = "Path";
    private const string FromStream = "Stream";

    /// <summary>A directory, or a tar that is plain or compressed with gzip, bzip2, xz or zstd, on this machine.</summary>
    [Parameter(
        Mandatory = true, Position = 0, ParameterSetName = FromPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>A stream of a tar; it is read to its end and stays open.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromStream)]
    public Stream Stream { get; set; } = null!;

    /// <summary>The image's name, such as pisa/hpc:deb12; the tag is latest when it has none.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>
    /// Instructions as of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, USER, VOLUME, WORKDIR.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Change { get; set; } = [];

    /// <summary>Paths in the tree that stay out with all that is in them; * matches slashes too.</summary>
    [Parameter(ParameterSetName = FromPath)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Exclude { get; set; } = [];

    /// <summary>Imports also what is an image under this name already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>With -WhatIf: emits the image that would be imported.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override ErrorId TooSlow => ErrorId.ImageImportFailed;

    IEnumerable<string> IBackgroundCmdlet.NodesBound() => NodesNow;

    /// <inheritdoc/>
    protected override Task ProcessAsync() => OnEngineAsync(
        () =>
        {
            ImageReference.ParseTarget(Name);
            Array.ForEach(Change, change => ChangeInstructions.Validate(change));
        },
        ImportAsync);

    /// <summary>The source is looked at first: what is wrong with it is told whether there is an engine or not.</summary>
    private async Task ImportAsync(string node, Func<Task<IContainerEngine>> connect, CancellationToken stopping)
    {
        using var bar = Follow(new ImportProgressBar($"Importing {Name} on {node}", Show));
        await using var source = await Phase.OpenSource.RunAsync(() => OpenAsync(stopping), node);
        var engine = await connect();
        var plan = await ImageImporter.PlanAsync(engine, source, Name, Change, Force, stopping);
        await ImportAsync(engine, source, plan, bar, stopping);
    }

    private async Task ImportAsync(
        IContainerEngine engine, IImageSource source, ImageImportPlan plan, ImportProgressBar bar, CancellationToken stopping)
    {
        if (!plan.IsHeld && !await ShouldProcessAsync($"{plan.Import.Name} on {engine.Node}", $"Import {source.Description}"))
        {
            if (PassThru)
            {
                Emit(ImportedImage.Of(plan, null, TimeSpan.Zero));
            }

            return;
        }

        foreach (var warning in plan.IsHeld ? [] : source.Warnings)
        {
            Warn($"{warning} Leave such files out with -Exclude.");
        }

        Emit(await Phase.ImportImage.RunAsync(
            () => ImageImporter.ImportAsync(engine, source, plan, bar, Warn, stopping), engine.Node, detail: plan.Import.Name.ToString()));
    }

    private async Task<IImageSource> OpenAsync(CancellationToken stopping)
    {
        var machine = await NodeConnectors.ThisMachineAsync(stopping);
        return ParameterSetName == FromStream ? SourceArchive.Of(machine, Stream) : await OpenPathAsync(machine, stopping);
    }

    private async Task<IImageSource> OpenPathAsync(INodeConnection machine, CancellationToken stopping)
    {
        var path = GetUnresolvedProviderPathFromPSPath(Path);
        if (Directory.Exists(path))
        {
            return await SourceTree.OpenAsync(machine, path, Exclude, stopping);
        }

        return Exclude.Length == 0
            ? await SourceArchive.OpenAsync(machine, path, stopping)
            : throw new HpcException(ErrorId.InvalidValue, $"-Exclude belongs to directories, and {Quote.Name(path)} is none.", path);
    }
}
