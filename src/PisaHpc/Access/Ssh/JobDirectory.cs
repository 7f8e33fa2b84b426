using System.Globalization;
using System.Text;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// A job's directory on a node: <c>/run/pisahpc/JOB</c>, on a tmpfs, mode 0700, owned by the job's user. The job's containers see it under
/// the same path. Each operation is one round trip. The connection's user must be root, or the job's user where the run directory is his.
/// </summary>
public static class JobDirectory
{
    /// <summary>A job's directory.</summary>
    /// <param name="runDirectory">The site's directory for jobs (<see cref="HpcSite.RunDirectory"/>).</param>
    public static string PathOf(string runDirectory, string jobId) => $"{runDirectory.TrimEnd('/')}/{JobIds.FileName(jobId)}";

    /// <summary>Writes the files: the directory is there with all of them or not at all.</summary>
    /// <param name="uid">The owner of directory and files.</param>
    /// <param name="gid">Their group.</param>
    /// <param name="files">All files of the directory; another one that stands there goes.</param>
    /// <param name="cancellationToken">Ends the writing, which leaves nothing half-written.</param>
    /// <param name="network">What the node finds its ranks' network by; null where none run, or not in the node's own network.</param>
    /// <returns>Whether anything changed: false when the same files stood there already.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/> when the run directory is not on a tmpfs or not safe, or the directory is another user's.
    /// </exception>
    public static async Task<bool> WriteAsync(
        INodeConnection connection,
        string directory,
        uint uid,
        uint gid,
        IReadOnlyList<JobFile> files,
        CancellationToken cancellationToken,
        JobNetwork? network = null)
    {
        var archive = await JobArchive.PackAsync(files, uid, gid, cancellationToken);
        return await WriteAsync(connection, directory, uid, gid, archive, cancellationToken, network);
    }

    /// <summary>
    /// The same for files that were packed once for all nodes: they have the names of all, so that to pack them for each would take the
    /// square of their number.
    /// </summary>
    internal static async Task<bool> WriteAsync(
        INodeConnection connection,
        string directory,
        uint uid,
        uint gid,
        JobArchive archive,
        CancellationToken cancellationToken,
        JobNetwork? network = null)
    {
        var result = await connection.RunAsync(
            WriteCommand(directory, uid, gid, archive.Files, network), archive.Tar, cancellationToken);
        return Succeeded(connection, directory, "written", result).Text.Trim() == "changed";
    }

    /// <summary>
    /// Removes the directory, what an interrupted write of it left, and the processes on the node that still log in by it.
    /// </summary>
    /// <returns>Whether the directory existed.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static Task<bool> RemoveAsync(INodeConnection connection, string directory, CancellationToken cancellationToken) =>
        RemoveAsync(connection, [directory], cancellationToken);

    /// <summary>The same for a directory that was looked at: only as long as it is that one, and nobody writes it.</summary>
    /// <param name="identity">As <see cref="JobDirectoryEntry.Identity"/>; null where there was none.</param>
    /// <returns>Whether the directory existed.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>, also for a directory that is another one by now.</exception>
    internal static Task<bool> RemoveAsync(
        INodeConnection connection, string directory, string? identity, CancellationToken cancellationToken) =>
        RemoveAsync(connection, [directory, identity ?? "0"], cancellationToken);

    /// <summary>The same as long as the directory is a user's.</summary>
    /// <param name="identity">As <see cref="JobDirectoryEntry.Identity"/>; null for whichever.</param>
    /// <param name="owner">His login name; null for whoever's.</param>
    /// <returns>Whether the directory existed.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>, also for a directory of another's.</exception>
    internal static Task<bool> RemoveAsync(
        INodeConnection connection, string directory, string? identity, string? owner, CancellationToken cancellationToken) =>
        RemoveAsync(connection, owner is null ? identity is null ? [directory] : [directory, identity] : [directory, identity ?? "", owner],
            cancellationToken);

    /// <summary>The same unless a file is there.</summary>
    /// <returns>Whether the directory existed; null where the file is there, and nothing was done.</returns>
    internal static async Task<bool?> RemoveUnlessAsync(
        INodeConnection connection, string directory, string file, string? owner, CancellationToken cancellationToken)
    {
        var said = await RemovalAsync(connection, [directory, "", owner ?? "", file], cancellationToken);
        return said == "kept" ? null : said == "removed";
    }

    private static async Task<bool> RemoveAsync(INodeConnection connection, string[] arguments, CancellationToken cancellationToken) =>
        await RemovalAsync(connection, arguments, cancellationToken) == "removed";

    private static async Task<string> RemovalAsync(INodeConnection connection, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await RunAsync(connection, JobDirectoryScripts.Remove, arguments, default, cancellationToken);
        return Succeeded(connection, arguments[0], "removed", result).Text.Trim();
    }

    /// <summary>Reads files.</summary>
    /// <param name="names">The files' names; those that do not exist, are links, or exceed 1 MiB are left out.</param>
    /// <returns>The files; null when the directory does not exist.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<JobDirectoryContent?> ReadAsync(
        INodeConnection connection, string directory, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var result = await RunAsync(connection, JobDirectoryScripts.Read, [directory, .. names], default, cancellationToken);
        if (result.ExitCode == JobDirectoryScripts.Absent)
        {
            return null;
        }

        var output = Succeeded(connection, directory, "read", result).Output;
        var line = output.Span.IndexOf((byte)'\n');
        var uid = uint.Parse(Encoding.ASCII.GetString(output.Span[..line]), CultureInfo.InvariantCulture);
        return new JobDirectoryContent(uid, await JobArchive.UnpackAsync(output[(line + 1)..], cancellationToken));
    }

    /// <summary>Reads what a job's directory says of its job.</summary>
    /// <returns>The configuration; null when the directory does not exist or says nothing that can be read.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<JobSshConfig?> FindAsync(INodeConnection connection, string directory, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(connection, directory, [JobSshRecord.FileName], cancellationToken);
        return content is not null && content.Files.TryGetValue(JobSshRecord.FileName, out var json) ? ConfigOf(json, directory) : null;
    }

    /// <summary>Lists the jobs that have a directory on a node.</summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<IReadOnlyList<JobDirectoryEntry>> ListAsync(
        INodeConnection connection, string runDirectory, CancellationToken cancellationToken)
    {
        var result = await RunAsync(
            connection, JobDirectoryScripts.List, [runDirectory, JobSshRecord.FileName], default, cancellationToken);
        if (result.ExitCode == JobDirectoryScripts.Absent)
        {
            return [];
        }

        var output = Succeeded(connection, runDirectory, "listed", result).Output;
        var end = output.Span.StartsWith("\n"u8) ? 0 : output.Span.IndexOf("\n\n"u8) + 1;
        var identities = Encoding.ASCII.GetString(output.Span[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .ToDictionary(line => line[1], line => line[0], StringComparer.Ordinal);
        var entries = await JobArchive.UnpackAsync(output[(end + 1)..], cancellationToken);
        return [.. entries.Keys.Where(name => name.EndsWith('/')).Order(StringComparer.Ordinal).Select(name => Entry(name.TrimEnd('/')))];

        JobDirectoryEntry Entry(string name)
        {
            var directory = $"{runDirectory.TrimEnd('/')}/{name}";
            var config = entries.TryGetValue($"{name}/{JobSshRecord.FileName}", out var json) ? ConfigOf(json, directory) : null;
            return new(directory, identities[name], config);
        }
    }

    // The directory's name is root's word, the record in it the user's: a record that names another job is not believed.
    private static JobSshConfig? ConfigOf(byte[] json, string directory)
    {
        var record = JobSshRecord.Parse(json);
        return record is not null && IsNamedFor(directory, record.JobId) ? record.ToConfig(directory, changed: false) : null;
    }

    private static bool IsNamedFor(string directory, string jobId)
    {
        try
        {
            return directory.EndsWith('/' + JobIds.FileName(jobId), StringComparison.Ordinal);
        }
        catch (HpcException)
        {
            return false;
        }
    }

    /// <summary>
    /// The command of a write; its first argument says in a list of processes which directory it is about, by which a removal finds it.
    /// </summary>
    internal static IReadOnlyList<string> WriteCommand(string directory, uint uid, uint gid, int files, JobNetwork? network = null) =>
        JobDirectoryScripts.Write.Command(
            ["write:" + directory, Number(uid), Number(gid), Number((uint)files), .. network is null ? [] : network.Arguments]);

    private static Task<NodeCommandResult> RunAsync(
        INodeConnection connection,
        NodeScript script,
        IEnumerable<string> arguments,
        ReadOnlyMemory<byte> input,
        CancellationToken cancellationToken) =>
        connection.RunAsync(script.Command(arguments), input, cancellationToken);

    private static NodeCommandResult Succeeded(INodeConnection connection, string directory, string verb, NodeCommandResult result) =>
        result.ExitCode == 0 ? result : throw new HpcException(
            ErrorId.NodeCommandFailed,
            result.ExitCode == JobDirectoryScripts.Refused
                ? $"Node {connection.Node}: {Quote.Words(result.Error)}."
                : $"Node {connection.Node}: {directory} was not {verb} (exit code {result.ExitCode}): {Quote.Words(result.Error)}",
            connection.Node,
            result.ExitCode == JobDirectoryScripts.Refused ? $"See what stands there: ssh {connection.Node} ls -ldn {directory}." : null);

    private static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What was read of a job's directory.</summary>
/// <param name="Uid">The directory's owner.</param>
/// <param name="Files">The files asked for that exist, by name. Their content is whatever the job's user left there.</param>
public sealed record JobDirectoryContent(uint Uid, IReadOnlyDictionary<string, byte[]> Files);

/// <summary>What a node finds the network of a job's ranks by. It writes what it found into the job's directory: <c>network</c>.</summary>
/// <param name="Peer">Another node of the job: the route to it decides where the site says nothing.</param>
/// <param name="Network">The site's network or interface; null where it says nothing.</param>
public sealed record JobNetwork(string Peer, string? Network)
{
    internal string[] Arguments => [Peer, Network ?? ""];
}

/// <summary>A job that has a directory on a node.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Identity">Its inode, by which it is told from another of its name (inode(7)).</param>
/// <param name="Config">What the directory says of its job; null when it says nothing that can be read.</param>
public sealed record JobDirectoryEntry(string Directory, string Identity, JobSshConfig? Config);

/// <summary>
/// What runs on a node for <see cref="JobDirectory"/>. The run directory is root's; a job's directory in it is its user's, who may put
/// anything there: the scripts follow no symbolic link of his.
/// </summary>
internal static class JobDirectoryScripts
{
    /// <summary>The exit code of a refusal whose reason stands on standard error.</summary>
    public const int Refused = 70;

    /// <summary>The exit code for a directory that does not exist.</summary>
    public const int Absent = 71;

    /// <summary>Puts the files of a tar there, all or none.</summary>
    public static readonly NodeScript Write = NodeScript.Of("Access/Ssh/job-directory-write.sh");

    /// <summary>Takes the directory away, and ends whoever writes or uses it.</summary>
    public static readonly NodeScript Remove = NodeScript.Of("Access/Ssh/job-directory-remove.sh");

    /// <summary>Reads files of one directory.</summary>
    public static readonly NodeScript Read = NodeScript.Of("Access/Ssh/job-directory-read.sh");

    /// <summary>Reads one file of every job's directory.</summary>
    public static readonly NodeScript List = NodeScript.Of("Access/Ssh/job-directory-list.sh");
}
