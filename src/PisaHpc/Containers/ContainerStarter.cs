using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Containers;

/// <summary>Carries a plan out on its node. Interrupted at any point, it takes back what it made.</summary>
public static class ContainerStarter
{
    /// <summary>How long taking back may last when the caller's own token is gone.</summary>
    private static readonly TimeSpan TakeBackLimit = TimeSpan.FromSeconds(30);

    /// <summary>Creates and starts the plan's container, pulling its image when the node lacks it.</summary>
    /// <param name="taken">Told of a container that an interruption has taken back; null where nobody asks.</param>
    /// <returns>The container, running and not yet known to be ready.</returns>
    /// <exception cref="HpcException">
    /// The ids of <see cref="IContainerEngine"/>; nothing of the container is left. <see cref="ErrorId.PortInUse"/>, too, when a container
    /// of the same job or static environment runs on the node already; <see cref="ErrorId.PlanConflict"/>, when the plan's own is there.
    /// </exception>
    public static async Task<HpcContainer> StartAsync(
        IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken, TakenBack? taken = null)
    {
        await RefuseSecondAsync(engine, plan, cancellationToken);
        return await StartUnderLeaseAsync(engine, plan, cancellationToken, taken);
    }

    /// <summary>
    /// The same for a caller that saw no container of the job on the node and holds the job's lease since, so that nobody made one.
    /// </summary>
    /// <param name="created">Told of the container before it starts, as often as one was created.</param>
    /// <exception cref="HpcException">The ids of <see cref="IContainerEngine"/>; nothing of the container is left.</exception>
    public static async Task<HpcContainer> StartUnderLeaseAsync(
        IContainerEngine engine,
        HpcContainerPlan plan,
        CancellationToken cancellationToken,
        TakenBack? taken = null,
        Action<HpcContainer>? created = null)
    {
        if (plan.ImageDigest is null)
        {
            await HoldNamedImageAsync(engine, plan, cancellationToken);
            return await LaunchAsync(engine, plan, taken, created, cancellationToken);
        }

        // A digest says what the image is, so nobody has to look before: an engine that lacks it refuses to create the container.
        try
        {
            return await LaunchAsync(engine, plan, taken, created, cancellationToken);
        }
        catch (HpcException missing) when (missing.Id == ErrorId.ImageNotFound)
        {
            await PullAsync(engine, plan.GetSpec().Image, cancellationToken);
            return await LaunchAsync(engine, plan, taken, created, cancellationToken);
        }
    }

    /// <summary>The container that a plan would make.</summary>
    public static HpcContainer Predict(HpcContainerPlan plan) => Started(plan, id: "") with { State = nameof(ContainerState.Created) };

    /// <summary>
    /// Removes a container whose start failed, by its name: the name is its attempt's own, so whatever bears it was made by that attempt,
    /// even when the engine's answer never arrived.
    /// </summary>
    /// <param name="name">The container's name.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>: it may be left on the node.</exception>
    public static Task TakeBackAsync(IContainerEngine engine, string name) =>
        TakeBackAsync(engine, name, stopping => engine.RemoveAsync(name, stopping));

    /// <summary>
    /// The same for a plan. The name of a static environment's container is no attempt's own: only what the plan's attempt made goes.
    /// </summary>
    /// <param name="taken">Told of the container, where there was one; null where nobody asks.</param>
    /// <exception cref="HpcException">As for a name; the ids of <see cref="IContainerEngine"/>.</exception>
    public static async Task TakeBackAsync(IContainerEngine engine, HpcContainerPlan plan, TakenBack? taken = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(plan);
        var wasThere = await TakeBackAsync(engine, plan.Name, stopping => plan.Static is null
            ? engine.RemoveAsync(plan.Name, stopping)
            : RemoveOwnAsync(engine, plan, stopping));
        taken?.AddContainers(plan.Workload.ToString(), plan.Node, wasThere ? 1 : 0);
    }

    private static async Task<bool> RemoveOwnAsync(IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken) =>
        await engine.FindAsync(plan.Name, cancellationToken) is { } found
        && found.Labels.GetValueOrDefault(ContainerLabels.Attempt) == plan.GetSpec().Labels[ContainerLabels.Attempt]
        && await engine.RemoveAsync(found.Id, cancellationToken);

    private static async Task<bool> TakeBackAsync(IContainerEngine engine, string name, Func<CancellationToken, Task<bool>> removeAsync)
    {
        using var limit = new CancellationTokenSource(TakeBackLimit);
        try
        {
            return await removeAsync(limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Container {name} failed to start on {engine.Node} and was not removed within {TakeBackLimit.TotalSeconds:0} s.",
                engine.Node,
                $"Remove it when the node answers again: {engine.Administration.Terms.RemoveCommand} {name}.",
                exception);
        }
    }

    /// <summary>
    /// A second container of a job or a static environment could not have the port, and on the node's network the first one would answer
    /// the login for it. Where a plan is carried out twice the name is the first one's, and nothing of that may be taken back.
    /// </summary>
    private static async Task RefuseSecondAsync(IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var port = plan.Port.ToString(CultureInfo.InvariantCulture);
        var others = await engine.ListAsync(ContainerLabels.Filter(plan.Workload), cancellationToken);
        var first = others.FirstOrDefault(container => plan.Port != 0
            && container.State == ContainerState.Running && container.Labels.GetValueOrDefault(ContainerLabels.Port) == port);
        if (first is null && others.Any(container => container.Name == plan.Name))
        {
            throw new HpcException(
                ErrorId.PlanConflict,
                $"Container {plan.Name} is on {plan.Node} already: this plan was carried out before, or another start came first.",
                plan.Node,
                $"Make a new plan, or remove what is there: Get-HpcContainer {plan.Node} -Name {plan.Name} | Stop-HpcContainer.");
        }

        if (first is not null)
        {
            throw new HpcException(
                ErrorId.PortInUse,
                $"A container of {plan.Workload} runs on {plan.Node} already: {first.Name} has its port, {port}.",
                plan.Node,
                $"Stop it first: Get-HpcContainer {plan.Node} -Name {first.Name} | Stop-HpcContainer.");
        }
    }

    /// <summary>Creates and starts the container, or takes it back; of an image that the engine lacks it has made nothing.</summary>
    private static async Task<HpcContainer> LaunchAsync(
        IContainerEngine engine,
        HpcContainerPlan plan,
        TakenBack? taken,
        Action<HpcContainer>? created,
        CancellationToken cancellationToken)
    {
        try
        {
            return Started(
                plan,
                await ContainerLaunch.RunAsync(engine, plan.GetSpec(), cancellationToken, id => created?.Invoke(Started(plan, id))));
        }
        catch (Exception failure) when (failure is not HpcException { Id: ErrorId.ImageNotFound })
        {
            await TakeBackAsync(engine, plan, taken);
            throw;
        }
    }

    /// <summary>Sees to it that the node holds a plan's image, before anything gives way to its container.</summary>
    /// <returns>The image's id.</returns>
    /// <exception cref="HpcException">The ids of a pull, and <see cref="ErrorId.ImageMismatch"/>.</exception>
    internal static async Task<string?> HoldImageAsync(IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var reference = plan.GetSpec().Image;
        if (await engine.Images.FindAsync(reference, cancellationToken) is { } held)
        {
            RefuseOtherImage(plan, held);
            return held.Id;
        }

        await PullAsync(engine, reference, cancellationToken);
        return (await engine.Images.FindAsync(reference, cancellationToken))?.Id ?? plan.ImageId;
    }

    /// <summary>Sees to it that the node holds the image of a plan without a digest, and no other under its name.</summary>
    private static async Task HoldNamedImageAsync(IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var reference = plan.GetSpec().Image;
        if (await engine.Images.FindAsync(reference, cancellationToken) is not { } held)
        {
            await PullAsync(engine, reference, cancellationToken);
        }
        else
        {
            RefuseOtherImage(plan, held);
        }
    }

    /// <summary>Refuses an image that took the place of the planned one, where no digest says which one it is.</summary>
    private static void RefuseOtherImage(HpcContainerPlan plan, StoredImage held)
    {
        if (plan.ImageDigest is null && plan.ImageId is { } planned && held.Id != planned)
        {
            throw new HpcException(
                ErrorId.ImageMismatch,
                $"{plan.Image} is {held.Id} on {plan.Node} now, and was {planned} when it was planned.",
                plan.Node,
                "Plan it again.");
        }
    }

    private static async Task PullAsync(IContainerEngine engine, string reference, CancellationToken cancellationToken)
    {
        await Phase.PullImage.RunAsync(() => engine.Images.PullAsync(reference, progress: null, cancellationToken), engine.Node);
        await NameImageAsync(engine, ImageReference.Parse(reference), cancellationToken);
    }

    /// <summary>A pull by digest leaves no name, and people look for one; a name that leads elsewhere is left alone.</summary>
    private static async Task NameImageAsync(IContainerEngine engine, ImageReference image, CancellationToken cancellationToken)
    {
        if (image is { Digest: { } digest, Tag: { } tag }
            && await engine.Images.FindAsync($"{image.Name}:{tag}", cancellationToken) is null)
        {
            await engine.Images.TagAsync($"{image.Name}@{digest}", $"{image.Name}:{tag}", cancellationToken);
        }
    }

    /// <summary>The container that a plan made.</summary>
    /// <param name="id">Its id.</param>
    internal static HpcContainer Started(HpcContainerPlan plan, string id) => new()
    {
        Node = plan.Node,
        JobId = plan.JobId,
        Static = plan.Static,
        Name = plan.Name,
        Id = id,
        State = nameof(ContainerState.Running),
        Environment = plan.Environment,
        Image = plan.Image,
        ImageDigest = plan.ImageDigest,
        Owner = plan.Owner,
        Slots = plan.Slots,
        Access = plan.Access,
        Port = plan.Port,
        Directory = plan.Directory,
        Agent = plan.Agent,
        ReadyTimeoutSec = plan.ReadyTimeoutSec,
        Generation = plan.Generation,
        StartedBy = plan.GetSpec().Labels.GetValueOrDefault(ContainerLabels.StartedBy),
        CreatedAt = DateTimeOffset.UtcNow,
        Changed = true,
    };
}
