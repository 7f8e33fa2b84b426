using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Agent;

/// <summary>
/// The agent in a job's containers. It runs as the container's user and takes programs from the same user on the node alone, by a socket in
/// the job's directory; nobody needs to be root for that, nor to reach the engine.
/// </summary>
/// <param name="Directory">The job's directory on the node and in the container.</param>
/// <param name="Program">The directory of its program on the node and in the container (<see cref="AgentPlace.Directory"/>).</param>
public sealed record JobAgent(string Directory, string Program)
{
    /// <summary>The directory of the socket, in the job's.</summary>
    public const string SocketDirectory = "agent";

    private static readonly NodeScript Enter = NodeScript.Of("Access/Agent/enter.sh");

    /// <summary>The socket.</summary>
    public string Socket => $"{Directory}/{SocketDirectory}/socket";

    /// <summary>
    /// The mounts: the program, and the socket's directory, the only one of the job's that the container may write to. Both lie where they
    /// do on the node.
    /// </summary>
    public IReadOnlyList<ContainerMount> Mounts =>
    [
        new(Program, Program, ReadOnly: true),
        new($"{Directory}/{SocketDirectory}", $"{Directory}/{SocketDirectory}", ReadOnly: false),
    ];

    /// <summary>The main process of a container: the agent, and beside it, to their common end, another program.</summary>
    /// <param name="beside">The other program with its arguments; none for the agent alone.</param>
    public IReadOnlyList<string> MainProcess(HpcEnvironment environment, IReadOnlyList<string> beside)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(beside);
        return
        [
            $"{Program}/{AgentProgram.FileName}", "serve", Socket,
            .. environment.UserVariables.SelectMany(rule => new[] { rule.Keep ? "--keep" : "--drop", rule.Name }),
            .. beside.Count == 0 ? [] : (string[])["--", .. beside],
        ];
    }

    /// <summary>
    /// The container's variables, which its programs start from: the user's own, as a login sets them, and the environment's.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(owner);
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = owner.Home,
            ["LOGNAME"] = owner.Name,
            ["SHELL"] = "/bin/sh",
            ["USER"] = owner.Name,
        };
        foreach (var (name, value) in environment.Variables)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>The command on the node that runs another one in the container; its streams and its end are the other's.</summary>
    /// <param name="directory">The working directory in the container; null for the user's home, or / without one.</param>
    /// <param name="command">The program and its arguments.</param>
    public IReadOnlyList<string> CommandIn(string? directory, IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return ClientCommand([.. directory is null ? ["--home"] : (string[])["--cd", directory], "--no-tty", "--", .. command]);
    }

    /// <summary>The command on the node that runs the agent's client as the job's user; its streams and its end are the client's.</summary>
    /// <param name="arguments">What the client is told beside the socket.</param>
    public IReadOnlyList<string> ClientCommand(params IEnumerable<string> arguments) => Enter.Command([Directory, Program, .. arguments]);
}
