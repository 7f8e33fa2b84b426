using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A command in a container, as those that are run beside it know it.</summary>
/// <param name="Container">The container's id or name.</param>
/// <param name="Request">The command.</param>
/// <param name="Mark">The value of its mark.</param>
/// <param name="Variables">What its environment and theirs has in place of the container's, as the engine takes it.</param>
internal sealed record ExecutionTarget(string Container, ExecutionRequest Request, string Mark, IReadOnlyList<string> Variables)
{
    /// <summary>Where programs are looked for that another user runs than the container's: he does not say where.</summary>
    private const string SystemPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The signal that a command is ended by if it heeds it: what a closed terminal sends, where it has one.</summary>
    public string FirstSignal => Request.Terminal is null ? "TERM" : "HUP";

    /// <summary>
    /// What keeps another user from a container's variables, which may be those of whoever the container is for: by a PATH, an LD_PRELOAD
    /// or a function of bash's he would have his own programs run as root. The engine takes away what has no value.
    /// </summary>
    /// <param name="environment">The container's variables with their values.</param>
    public static IReadOnlyList<string> Without(IEnumerable<string>? environment) =>
        [.. (environment ?? []).Select(variable => variable.Split('=')[0]).Distinct(), SystemPath];

    /// <summary>A command beside it: of the same user, who may signal its processes, and without its variables and mark.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="reads">Whether it has a standard input.</param>
    public ContainerExecCreateParameters Beside(IList<string> command, bool reads) => new()
    {
        Cmd = command,
        User = Request.User ?? "",
        Env = [.. Variables],
        AttachStdin = reads,
        AttachStdout = true,
        AttachStderr = true,
    };
}
