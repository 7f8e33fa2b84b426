using PisaHpc.Access.Login;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>What a node and its engine say before anything is planned for it.</summary>
/// <param name="Facts">The node's facts.</param>
/// <param name="Engine">What its engine says of its containers.</param>
/// <param name="Greetings">Whether their sshds greet, as <see cref="LoginGreetings.Parse"/> has it.</param>
internal sealed record EnvironmentLook(NodeFacts Facts, ContainerAnswers Engine, IReadOnlyDictionary<int, string?> Greetings)
{
    /// <summary>What its clock showed; null where it does not tell.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>The node's images, where they had to be asked for.</summary>
    public IReadOnlyList<StoredImage> Images { get; init; } = [];

    /// <summary>The id of the image that a registry knows by a digest, where a container of it tells, or the images.</summary>
    public string? ImageIdOf(string digest) =>
        Engine.Containers.FirstOrDefault(container => container.Image.EndsWith("@" + digest, StringComparison.Ordinal))?.ImageId
        ?? Images.FirstOrDefault(image => image.Has(digest))?.Id;
}

/// <summary>What an engine says of its node's containers.</summary>
/// <param name="Containers">All of them.</param>
/// <param name="Inspections">Of those that static environments have there, by their ids.</param>
internal sealed record ContainerAnswers(
    IReadOnlyList<EngineContainer> Containers, IReadOnlyDictionary<string, ContainerInspection> Inspections)
{
    /// <summary>
    /// Asks in two rounds: for the list, then for the inspections. Those go one after another over the stream that stands, in milliseconds
    /// each: side by side they would open streams of their own, each a process on the node, which takes longer than all of them.
    /// </summary>
    /// <param name="names">The static environments.</param>
    public static async Task<ContainerAnswers> AskAsync(
        IContainerEngine engine, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var containers = await engine.ListAsync(new Dictionary<string, string?>(), cancellationToken);
        var inspections = new Dictionary<string, ContainerInspection>(StringComparer.Ordinal);
        foreach (var container in names.Select(name => Find(containers, name)).OfType<EngineContainer>())
        {
            if (await engine.InspectAsync(container.Id, cancellationToken) is { } inspection)
            {
                inspections[container.Id] = inspection;
            }
        }

        return new ContainerAnswers(containers, inspections);
    }

    /// <summary>The container that a static environment has; null where there is none, or somebody else made it.</summary>
    /// <param name="name">The static environment.</param>
    public static EngineContainer? Find(IEnumerable<EngineContainer> containers, string name) =>
        containers.FirstOrDefault(container => container.Name == ContainerNames.OfStatic(name)) is { } container
        && ContainerLabels.WorkloadOf(container) == WorkloadId.StaticEnvironment(name) ? container : null;

    /// <summary>The sshds of those static environments' containers that run.</summary>
    public IReadOnlyList<AskedLogin> LoginsOn(string node) =>
        [.. Inspections.Values.Select(inspection => LoginOf(node, inspection)).OfType<AskedLogin>()];

    private static AskedLogin? LoginOf(string node, ContainerInspection inspection)
    {
        if (inspection is not { Container.State: ContainerState.Running, ProcessId: { } first })
        {
            return null;
        }

        try
        {
            return ContainerLabels.ToHpcContainer(node, inspection.Container).GetAccess() is LoginAccess login
                ? new AskedLogin(login.Port, first)
                : null;
        }
        catch (HpcException damaged) when (damaged.Id == ErrorId.InvalidValue)
        {
            // Whoever tries to enter it is told.
            return null;
        }
    }
}
