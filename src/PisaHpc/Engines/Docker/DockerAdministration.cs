using PisaHpc.Nodes;

namespace PisaHpc.Engines.Docker;

/// <summary>Docker Engine as its packages install it: dockerd(8) under systemd.</summary>
internal sealed class DockerAdministration : IEngineAdministration
{
    private DockerAdministration()
    {
    }

    /// <summary>The one there is: it holds no state.</summary>
    public static DockerAdministration Instance { get; } = new();

    public string Name => "Docker";

    public EngineTerms Terms { get; } = new()
    {
        Client = "docker client",
        Services = "docker.service and containerd.service",
        Restart = "systemctl reset-failed and restart of docker, and the engine's last words (journalctl) where that fails",
        StatusCommand = "systemctl status docker",
        LogCommand = "journalctl -u docker",
        InfoCommand = "docker info",
        LoginCommand = "docker login",
        ImagesCommand = "docker image ls",
        PruneCommand = "docker image prune",
        DiskUsageCommand = "docker system df",
        InspectCommand = "docker inspect",
        RemoveCommand = "docker rm --force",
        DirectoryKey = "data-root",
        InsecureRegistriesKey = WantedConfiguration.InsecureRegistries,
        StorageSetting = "\"storage-driver\": \"overlay2\"",
        KeepingSetting = $"\"{WantedConfiguration.LiveRestore}\": true",
    };

    public string Socket => "/run/docker.sock";

    public IReadOnlyList<string> Sockets { get; } = ["/run/docker.sock", "/var/run/docker.sock"];

    /// <summary>Its own (dockerd(8), --data-root), and that of containerd, which keeps the images of Docker 29.</summary>
    public IReadOnlyList<string> Directories { get; } = ["/var/lib/docker", "/var/lib/containerd"];

    /// <summary>dockerd(8), --config-file.</summary>
    public string ConfigurationFile => "/etc/docker/daemon.json";

    public IReadOnlyList<string> ReloadCommand { get; } = ["systemctl", "reload", "docker"];

    /// <summary>
    /// systemd allows three starts within a minute (docker.service, StartLimitBurst=) and refuses the fourth, so its count is set back
    /// first (systemctl(1)). Of an engine that does not start it says but that, so the engine's own last words are shown.
    /// </summary>
    public IReadOnlyList<string> RestartCommand { get; } =
    [
        "sh", "-c",
        "systemctl reset-failed docker; systemctl restart docker "
        + "|| { e=$?; journalctl -u docker -n 5 -o cat --no-pager >&2; exit $e; }",
    ];

    public string FactsScript { get; } = NodeScript.Of("Engines/Docker/engine-facts.sh").Text;

    /// <summary>The command of the docker client for an engine, without what is asked of it.</summary>
    public static IReadOnlyList<string> ClientCommand(string socket) => ["docker", "--host", $"unix://{socket}"];

    /// <summary>Docker's page "Verify repository client with certificates".</summary>
    public string CertificateFile(string registry) => $"/etc/docker/certs.d/{registry}/ca.crt";

    public IReadOnlyList<string> SaveCommand(string socket, string image) => [.. ClientCommand(socket), "save", image];

    public IReadOnlyList<string> LoadCommand(string socket) => [.. ClientCommand(socket), "load", "--quiet"];

    public EngineConfigurationPlan PlanConfiguration(EngineConfigurationRequest request) => new ConfigurationPlanner(request).Plan();
}
