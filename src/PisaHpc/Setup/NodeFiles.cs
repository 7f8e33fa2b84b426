using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>The changes that are made to a node's files, each whole or not at all.</summary>
/// <param name="connection">The node.</param>
internal sealed class NodeFiles(INodeConnection connection)
{
    private const string Nothing = "none";

    /// <summary>
    /// Puts standard input in a file's place by rename(2), with the owner and mode of the one that is there; through a symbolic link, which a
    /// configuration tool may have made. $1 the file, $2 the SHA-256 of what has to stand there, or none; $3 where to keep that, or nothing.
    /// </summary>
    private const string PutScript = """
        set -eu
        file=$1
        [ ! -L "$file" ] || file=$(readlink -f "$file")
        found=none
        [ ! -e "$file" ] || found=$(sha256sum < "$file" | cut -d ' ' -f 1)
        if [ "$found" != "$2" ]; then echo "it was changed meanwhile" >&2; exit 3; fi
        umask 022
        mkdir -p "${file%/*}"
        trap 'rm -f "$file.pisahpc-new"' EXIT
        if [ "$found" != none ]; then
          cp -p "$file" "$file.pisahpc-new"
          [ -z "$3" ] || cp -p "$file" "$3"
        fi
        cat > "$file.pisahpc-new"
        mv -f "$file.pisahpc-new" "$file"
        """;

    /// <summary>
    /// Ports and directory are written to by the account that leases in them alone: who may write a lease's file may forge it, and who may
    /// link but not unlink in a sticky directory loses the port. The directory that the port area lies in is there; a port's file that is there may hold a lease, so that each is made new or not at
    /// all. (A redirection that fails ends a shell at ":" and not at "true": POSIX, 2.8.1.) $1 the directory, $2 first, $3 last.
    /// </summary>
    private const string PortScript = """
        umask 022
        [ -d "$1" ] || mkdir -m 755 "$1" || [ -d "$1" ] || exit 1
        set -C
        port=$2
        while [ "$port" -le "$3" ]; do
          [ -e "$1/$port" ] || { true > "$1/$port"; } 2>/dev/null || [ -e "$1/$port" ] || { echo "cannot make $1/$port" >&2; exit 1; }
          port=$((port + 1))
        done
        """;

    /// <summary>Puts a file in another's place.</summary>
    /// <param name="file">The path.</param>
    /// <param name="expected">What has to stand there; null for no file.</param>
    /// <param name="content">What is put there.</param>
    /// <param name="backup">Where to keep what stood there; null for nowhere.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>: something else stands there, or it cannot be written.</exception>
    public Task PutAsync(string file, byte[]? expected, byte[] content, string? backup, CancellationToken cancellationToken) => RunAsync(
        $"{file} cannot be written", ["sh", "-c", PutScript, "put", file, HashOf(expected), backup ?? ""], content, cancellationToken);

    /// <summary>Removes a file; one that is gone is success.</summary>
    public Task RemoveAsync(string file, CancellationToken cancellationToken) =>
        RunAsync($"{file} cannot be removed", ["rm", "-f", file], default, cancellationToken);

    /// <summary>Makes an empty file.</summary>
    public Task MarkAsync(string file, CancellationToken cancellationToken) => RunAsync(
        $"{file} cannot be written", ["sh", "-c", "mkdir -p \"${1%/*}\" && : > \"$1\"", "mark", file], default, cancellationToken);

    /// <summary>Makes a directory that only root writes to.</summary>
    public Task MakeDirectoryAsync(string path, CancellationToken cancellationToken) =>
        RunAsync($"{path} cannot be made", ["mkdir", "-p", "-m", "755", path], default, cancellationToken);

    /// <summary>Makes a port area, or the ports that it lacks.</summary>
    public Task MakePortAreaAsync(PortAreaDefinition area, CancellationToken cancellationToken) => RunAsync(
        $"The port area {area.Path} cannot be made",
        ["sh", "-c", PortScript, "ports", area.Path, Text(area.First), Text(area.Last)],
        default, cancellationToken);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task RunAsync(string failure, IReadOnlyList<string> command, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(command, input, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"{failure} on {connection.Node}: {$"{result.Error.Trim()} {result.Text.Trim()}".Trim()}",
                connection.Node,
                "Log in as root, or as a user who may write there: nodes.ssh.user in the site definition.");
        }
    }

    private static string HashOf(byte[]? content) => content is null ? Nothing : Convert.ToHexStringLower(SHA256.HashData(content));
}
