using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Nodes;

namespace PisaHpc.Access.Agent;

/// <summary>
/// The agent's program (native/), as it lies beside the module. Static, it runs in every image and on every node of its machine's kind.
/// </summary>
/// <param name="Path">The file on this machine.</param>
public sealed record AgentProgram(string Path)
{
    /// <summary>The file's name, here and on nodes.</summary>
    public const string FileName = "pisahpc-agent";

    /// <summary>The program in a directory; null where none is built.</summary>
    public static AgentProgram? In(string directory)
    {
        var path = System.IO.Path.Combine(directory, FileName);
        return File.Exists(path) ? new AgentProgram(path) : null;
    }

    /// <summary>Its place on nodes.</summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    public AgentPlace PlaceIn(string runDirectory)
    {
        ArgumentNullException.ThrowIfNull(runDirectory);
        var content = File.ReadAllBytes(Path);
        return new AgentPlace(content, Convert.ToHexStringLower(SHA256.HashData(content)), runDirectory.TrimEnd('/'));
    }
}

/// <summary>
/// Where nodes have the agent's program: in the run directory, in a directory named for its content, so that a running container's never
/// changes and versions stand side by side. It goes with the node's next boot.
/// </summary>
/// <param name="Content">The program.</param>
/// <param name="Digest">Its SHA-256 in hexadecimal digits.</param>
/// <param name="RunDirectory">The run directory.</param>
public sealed record AgentPlace(ReadOnlyMemory<byte> Content, string Digest, string RunDirectory)
{
    private const int Refused = 70;

    private static readonly NodeScript Put = NodeScript.Of("Access/Agent/put-program.sh");

    /// <summary>The program's directory.</summary>
    public string Directory => $"{RunDirectory}/.agent/{Digest[..16]}";

    /// <summary>The program.</summary>
    public string File => $"{Directory}/{AgentProgram.FileName}";

    /// <summary>The agent that a job gets by it.</summary>
    /// <param name="jobDirectory">The job's directory.</param>
    public JobAgent For(string jobDirectory) => new(jobDirectory, Directory);

    /// <summary>Puts the program there, whole or not at all; one that stands there stays.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>: others may write there, nothing may be executed there, or the program is for machines of
    /// another kind.
    /// </exception>
    public async Task PutAsync(INodeConnection connection, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Put.Command(Directory, Digest), Content, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                result.ExitCode == Refused
                    ? $"Node {connection.Node}: {Quote.Words(result.Error)}."
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"Node {connection.Node}: {File} was not written (exit code {result.ExitCode}): {Quote.Words(result.Error)}"),
                connection.Node);
        }
    }
}
