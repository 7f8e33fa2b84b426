using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks;

/// <summary>The files of a host, as root sees them.</summary>
internal sealed class HostFiles(INodeConnection connection)
{
    private const int NothingElse = 3;

    private static readonly NodeScript Link = NodeScript.Of("BatchHooks/link-host-file.sh");
    private static readonly NodeScript Links = NodeScript.Of("BatchHooks/host-links.sh");
    private static readonly NodeScript Look = NodeScript.Of("BatchHooks/host-files.sh");
    private static readonly NodeScript Put = NodeScript.Of("BatchHooks/put-host-file.sh");
    private static readonly NodeScript Read = NodeScript.Of("BatchHooks/read-host-file.sh");
    private static readonly NodeScript Remove = NodeScript.Of("BatchHooks/remove-host-files.sh");

    /// <summary>What stands under paths: digest, mode and owner's id by blanks; null where nothing does.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<IReadOnlyDictionary<string, string?>> LookAsync(
        IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(connection, Look, paths, cancellationToken);
        return paths.ToDictionary(path => path, path => said[path] is "absent" ? null : said[path], StringComparer.Ordinal);
    }

    /// <summary>Which of some files are not there as they should be.</summary>
    public async Task<IReadOnlyList<HookFile>> DifferentAsync(IReadOnlyList<HookFile> files, CancellationToken cancellationToken)
    {
        var standing = await LookAsync([.. files.Select(file => file.Path)], cancellationToken);
        return [.. files.Where(file => standing[file.Path] != file.Standing)];
    }

    /// <summary>Puts a file in its place, whole.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task PutAsync(HookFile file, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Put.Command(file.Path, file.Digest, file.Mode), file.Content, cancellationToken);
        RequireDone(result, $"{file.Path} cannot be written");
    }

    /// <summary>Puts a symbolic link in its place.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task LinkAsync(HookLink link, CancellationToken cancellationToken) => RequireDone(
        await connection.RunAsync(Link.Command(link.Path, link.Target), default, cancellationToken), $"{link.Path} cannot be linked");

    /// <summary>What matches a pattern, by path: where a symbolic link leads to, and null for anything else.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<IReadOnlyDictionary<string, string?>> LinksAsync(string pattern, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(connection, Links, [pattern], cancellationToken);
        return said.All.Where(found => found.Key.StartsWith('/'))
            .ToDictionary(found => found.Key, found => found.Value.Length > 0 ? found.Value : null, StringComparer.Ordinal);
    }

    /// <summary>Reads a file.</summary>
    /// <returns>Its bytes and where it lies behind symbolic links; null when there is none.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<(byte[] Content, string Path)?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(connection, Read, [path], cancellationToken);
        return said["content"] is { } content ? (Convert.FromBase64String(content), said["real"] ?? path) : null;
    }

    /// <summary>Reads a text that may change.</summary>
    /// <param name="mode">The mode that a new file has, in octal digits.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<TextChange> ReadTextAsync(string path, string mode, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(path, cancellationToken);
        var text = found is { } read ? Encoding.Latin1.GetString(read.Content) : null;
        return new TextChange(found?.Path ?? path, text, text) { Mode = mode };
    }

    /// <summary>Removes files, and directories that are empty by that.</summary>
    /// <param name="pattern">What has to match something else too; null for nothing.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: it would match nothing else; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task RemoveAsync(IReadOnlyCollection<string> files, string? pattern, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Remove.Command([pattern ?? "", .. files]), default, cancellationToken);
        if (result.ExitCode == NothingElse)
        {
            throw new HpcException(
                ErrorId.BatchConfigurationInvalid,
                $"{string.Join(", ", files)} stays on {connection.Node}: nothing else is there that {pattern} matches, and Slurm drains a "
                + "node on which it matches nothing.",
                connection.Node,
                "Take the line out of slurm.conf first, and have Slurm read it: scontrol reconfigure.");
        }

        RequireDone(result, $"{string.Join(", ", files)} cannot be removed");
    }

    private void RequireDone(NodeCommandResult result, string failure)
    {
        if (result.ExitCode != 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"{failure} on {connection.Node}: {Quote.Words($"{result.Error.Trim()} {result.Text}")}",
                connection.Node,
                "Log in as root, or as a user who may write there: nodes.ssh.user in the site definition.");
        }
    }
}
