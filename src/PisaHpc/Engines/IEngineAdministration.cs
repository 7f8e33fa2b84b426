namespace PisaHpc.Engines;

/// <summary>
/// How engines of one kind are administered: where their configuration lies and what it means, how they are restarted, how an image goes
/// from one to another, what an admin types. It is what is known of the kind, and touches nothing; <see cref="IContainerEngine"/> is an
/// engine of a node.
/// </summary>
public interface IEngineAdministration
{
    /// <summary>What engines of this kind are called.</summary>
    string Name { get; }

    /// <summary>The words of next steps.</summary>
    EngineTerms Terms { get; }

    /// <summary>Where an engine listens on its node, unless the site says otherwise.</summary>
    string Socket { get; }

    /// <summary>All paths by which that socket is known.</summary>
    IReadOnlyList<string> Sockets { get; }

    /// <summary>Where engines of this kind keep images and containers on a node, unless they are told otherwise.</summary>
    IReadOnlyList<string> Directories { get; }

    /// <summary>Where an engine's configuration lies on its node, unless its own start or the site says otherwise.</summary>
    string ConfigurationFile { get; }

    /// <summary>
    /// The command, run on a node as root, that has the engine read its configuration again, unless the site says otherwise.
    /// </summary>
    IReadOnlyList<string> ReloadCommand { get; }

    /// <summary>
    /// The command, run on a node as root, that restarts the engine, ends with 0 when it answers again, and says why when it does not,
    /// unless the site says otherwise.
    /// </summary>
    IReadOnlyList<string> RestartCommand { get; }

    /// <summary>
    /// The text of a POSIX script that finds a node's engine. Its arguments are the configuration that the site names and the engine's
    /// socket. It says a line for each fact, name and value by a tab: <c>file</c>, the configuration's path; <c>process N</c>, the command
    /// line of a process of the engine's, in base64; <c>started</c>, when that began, in seconds since 1970; <c>unit</c> and <c>socket</c>,
    /// where the node's service manager runs the engine, or listens in its place; and facts of its own, known to
    /// <see cref="PlanConfiguration"/>, under names that the facts of the setup do not have (<c>setup-facts.sh</c>).
    /// </summary>
    string FactsScript { get; }

    /// <summary>Where an engine looks for the certificate of the authority that signed a registry's.</summary>
    /// <param name="registry">The registry, as host:port.</param>
    string CertificateFile(string registry);

    /// <summary>The command, run on a node, that writes an image to standard output, for <see cref="LoadCommand"/> to take.</summary>
    /// <param name="socket">The engine's socket.</param>
    /// <param name="image">The image's id.</param>
    IReadOnlyList<string> SaveCommand(string socket, string image);

    /// <summary>The command, run on a node, that takes an image from standard input. It takes no half one.</summary>
    /// <param name="socket">The engine's socket.</param>
    IReadOnlyList<string> LoadCommand(string socket);

    /// <summary>Plans an engine's configuration.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationInvalid"/>: what stands there cannot be read.
    /// <see cref="ErrorId.EngineConfigurationRefused"/>: the engine would not take it up, would end containers for it, or could not be
    /// given back what it has.
    /// </exception>
    EngineConfigurationPlan PlanConfiguration(EngineConfigurationRequest request);
}

/// <summary>What next steps call the parts of an engine, and what an admin types on its node.</summary>
public sealed record EngineTerms
{
    /// <summary>The program that brings the API to whoever logs in on a node.</summary>
    public required string Client { get; init; }

    /// <summary>The services that an engine consists of, whose limits its containers get.</summary>
    public required string Services { get; init; }

    /// <summary>What the built-in restart does.</summary>
    public required string Restart { get; init; }

    /// <summary>The command that shows whether the engine runs.</summary>
    public required string StatusCommand { get; init; }

    /// <summary>The command that shows the engine's log.</summary>
    public required string LogCommand { get; init; }

    /// <summary>The command that shows what the engine has for a configuration.</summary>
    public required string InfoCommand { get; init; }

    /// <summary>The command that logs the engine in at a registry.</summary>
    public required string LoginCommand { get; init; }

    /// <summary>The command that lists the images.</summary>
    public required string ImagesCommand { get; init; }

    /// <summary>The command that removes the images that no tag leads to.</summary>
    public required string PruneCommand { get; init; }

    /// <summary>The command that shows what takes the engine's room.</summary>
    public required string DiskUsageCommand { get; init; }

    /// <summary>The command that shows what a container is, without the container's name.</summary>
    public required string InspectCommand { get; init; }

    /// <summary>The command that removes a container, running or not, without the container's name.</summary>
    public required string RemoveCommand { get; init; }

    /// <summary>The configuration's key for the directory of images and containers.</summary>
    public required string DirectoryKey { get; init; }

    /// <summary>The configuration's key for registries that are talked to without TLS.</summary>
    public required string InsecureRegistriesKey { get; init; }

    /// <summary>What the configuration says of a storage driver with which containers start quickly.</summary>
    public required string StorageSetting { get; init; }

    /// <summary>What the configuration says of containers that go on while the engine is restarted.</summary>
    public required string KeepingSetting { get; init; }
}
