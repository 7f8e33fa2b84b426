using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines;

/// <summary>A kind of engine that nothing but its own folder has heard of.</summary>
internal sealed class AnotherEngine : IEngineAdministration
{
    public string Name => "Barge";

    public EngineTerms Terms { get; } = new()
    {
        Client = "barge client",
        Services = "barge.service",
        Restart = "barge restart",
        StatusCommand = "barge status",
        LogCommand = "barge log",
        InfoCommand = "barge info",
        LoginCommand = "barge login",
        ImagesCommand = "barge images",
        PruneCommand = "barge prune",
        DiskUsageCommand = "barge df",
        InspectCommand = "barge show",
        RemoveCommand = "barge rm",
        DirectoryKey = "hold",
        InsecureRegistriesKey = "open-harbours",
        StorageSetting = "stowage = fast",
        KeepingSetting = "keep = yes",
    };

    public string Socket => "/run/barge.sock";

    public IReadOnlyList<string> Sockets => [Socket];

    public IReadOnlyList<string> Directories => [];

    public string ConfigurationFile => "/etc/barge.conf";

    public IReadOnlyList<string> ReloadCommand => ["barge", "reload"];

    public IReadOnlyList<string> RestartCommand => ["barge", "restart"];

    public string FactsScript => "printf 'file\\t%s\\nprocess 1\\t%s\\nmoored\\t1\\n' \"$1\" \"$(printf 'barged\\0--socket\\0%s' \"$2\" | base64)\"";

    public string CertificateFile(string registry) => $"/etc/barge/{registry}.crt";

    public IReadOnlyList<string> SaveCommand(string socket, string image) => ["barge", "give", image];

    public IReadOnlyList<string> LoadCommand(string socket) => ["barge", "take"];

    public EngineConfigurationPlan PlanConfiguration(EngineConfigurationRequest request)
    {
        var wanted = new EngineConfiguration("keep = yes\n"u8.ToArray(), _ => true);
        return new EngineConfigurationPlan
        {
            Action = EngineAction.Reload,
            ChangedKeys = ["keep"],
            WantedText = "keep = yes\n",
            Wanted = wanted,
            Keeping = wanted,
            Trial = wanted,
            WayBack = wanted,
        };
    }
}
