namespace PisaHpc.Setup;

/// <summary>What has an engine take up its configuration.</summary>
public enum EngineAction
{
    /// <summary>Nothing: it has it.</summary>
    None,

    /// <summary>A signal; nothing stops.</summary>
    Reload,

    /// <summary>A restart; containers go on.</summary>
    Restart,
}
