using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>What a static environment's container is beyond a job's: a service that its engine keeps.</summary>
/// <param name="Restart">When the engine starts it again by itself.</param>
/// <param name="StartedBy">Who starts it, as <c>user@host</c>.</param>
public sealed record ServiceOptions(RestartPolicy Restart, string StartedBy)
{
    /// <summary>The image's own init; null for none.</summary>
    public string? ImageInit { get; init; }

    /// <summary>What systemd ends in order upon (systemd(1), SIGRTMIN+3); other inits are killed when their time is up.</summary>
    public string? StopSignal => ImageInit is null ? null : "SIGRTMIN+3";

    /// <summary>What an init finds empty at each start (systemd, Container Interface).</summary>
    public IReadOnlyList<string> Tmpfs => ImageInit is null ? [] : ["/run", "/run/lock"];
}
