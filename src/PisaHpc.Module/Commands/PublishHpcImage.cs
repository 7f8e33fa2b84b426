using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Images.Publish;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Tags an image of a node for the site's registry and pushes it there.</summary>
[Cmdlet(VerbsData.Publish, "HpcImage", SupportsShouldProcess = true)]
[OutputType(typeof(PublishedImage))]
public sealed class PublishHpcImageCommand : ImageCmdlet
{
    /// <summary>The images, by the names that the node has them under; one that names a registry goes there.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The registry as host:port, for names that name none; the site's when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string? Registry { get; set; }

    /// <summary>With -WhatIf: emits the image as it would be published.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override ErrorId TooSlow => ErrorId.ImagePushFailed;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var name in Name)
        {
            await OnEngineAsync(() => Check(name), async (_, connect, stopping) =>
            {
                var engine = await connect();
                await PublishAsync(engine, name, stopping);
            });
        }
    }

    private void Check(string name)
    {
        if (ImageReference.ParseTarget(name).Registry is null && Registry is null)
        {
            _ = RequiredSite;
        }
    }

    private async Task PublishAsync(IContainerEngine engine, string name, CancellationToken stopping)
    {
        var plan = await ImagePublisher.PlanAsync(engine, name, Registry ?? SiteDefinition.Registry, stopping);
        if (!plan.IsThere && !await ShouldProcessAsync(plan.Target.ToString(), $"Push {plan.Name} from {engine.Node}"))
        {
            if (PassThru)
            {
                Emit(ImagePublisher.Of(engine.Node, plan, digest: null));
            }

            return;
        }

        var bar = new PushProgressBar($"Publishing {plan.Target}", Show);
        try
        {
            Emit(await Phase.PushImage.RunAsync(
                () => ImagePublisher.PublishAsync(engine, plan, bar, stopping, TakenBack),
                engine.Node,
                detail: plan.Target.ToString()));
        }
        finally
        {
            bar.Complete();
        }
    }
}
