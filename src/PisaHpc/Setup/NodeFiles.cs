using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>The changes that are made to a node's files, each whole or not at all.</summary>
/// <param name="connection">The node.</param>
internal sealed class NodeFiles(INodeConnection connection)
{
    private const string Nothing = "none";
    private const int NoLinks = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Puts standard input in a file's place by rename(2), with the owner and mode of the one that is there; through a symbolic link, which
    /// a configuration tool may have made. $1 the file, $2 the SHA-256 of what may stand there, or none; $3 where to keep that, or nothing;
    /// $4 the SHA-256 of the new content, since a connection that breaks is an end of file too; $5 where to note it, or nothing. A new
    /// file's name is known before it is made, so that a signal in between leaves none.
    /// </summary>
    private const string PutScript = """
        set -eu
        digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
        file=$1
        new=
        trap 'rm -f "$new"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        [ ! -L "$file" ] || file=$(readlink -f "$file")
        found=none
        [ ! -e "$file" ] || found=$(digest "$file")
        case " $2 " in *" $found "*) ;; *) echo "it was changed meanwhile" >&2; exit 3 ;; esac
        umask 022
        mkdir -p "${file%/*}"
        if [ -n "$3" ]; then
          new=$3.$$
          cp -p "$file" "$new"
          mv -f "$new" "$3"
        fi
        new=$file.$$
        [ "$found" = none ] || cp -p "$file" "$new"
        cat > "$new"
        if [ "$(digest "$new")" != "$4" ]; then echo "the connection broke before all of it had come" >&2; exit 4; fi
        [ -z "$5" ] || echo "$4" >> "$5"
        mv -f "$new" "$file"
        """;

    /// <summary>
    /// Ports and directory are written to by the account that leases in them alone: who may write a lease's file may forge it, and who may
    /// link but not unlink in a sticky directory loses the port. The directory that the port area lies in is there; a port's file that is
    /// there may hold a lease, so that each is made new or not at all. (A redirection that fails ends a shell at ":" and not at "true":
    /// POSIX, 2.8.1.) A file system without hard links is told by a link that is tried, before the many files are made, and nothing is left
    /// there. $1 the directory, $2 first, $3 last.
    /// </summary>
    private const string PortScript = """
        umask 022
        made=
        [ -d "$1" ] || { mkdir -m 755 "$1" && made=$1; } || [ -d "$1" ] || exit 1
        try=$1/.pisahpc-try.$$
        trap 'rm -f "$try" "$try.link"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        { true > "$try"; } || exit 1
        if ! said=$(ln "$try" "$try.link" 2>&1); then
          rm -f "$try"
          [ -z "$made" ] || rmdir "$made"
          echo "its file system, $(stat -f -c %T "${1%/*}/"), has no hard links, by which ports are held ($said)" >&2
          exit 5
        fi
        rm -f "$try" "$try.link"
        set -C
        port=$2
        while [ "$port" -le "$3" ]; do
          [ -e "$1/$port" ] || { true > "$1/$port"; } 2>/dev/null || [ -e "$1/$port" ] || { echo "cannot make $1/$port" >&2; exit 1; }
          port=$((port + 1))
        done
        """;

    /// <summary>Puts a file in another's place.</summary>
    /// <param name="file">The path.</param>
    /// <param name="expected">What may stand there; null for no file.</param>
    /// <param name="content">What is put there.</param>
    /// <param name="backup">Where to keep what stood there; null for nowhere.</param>
    /// <param name="marker">The mark of the change that it is part of; null for none.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>: something else stands there, or it cannot be written.
    /// </exception>
    public Task PutAsync(
        string file,
        IReadOnlyList<byte[]?> expected,
        byte[] content,
        string? backup,
        string? marker,
        CancellationToken cancellationToken) => RunAsync(
        $"{file} cannot be written",
        ["sh", "-c", PutScript, "put", file, string.Join(' ', expected.Select(HashOf)), backup ?? "", HashOf(content), marker ?? ""],
        content, Limit, cancellationToken);

    /// <summary>Removes a file; one that is gone is success.</summary>
    public Task RemoveAsync(string file, CancellationToken cancellationToken) =>
        RunAsync($"{file} cannot be removed", ["rm", "-f", file], default, Limit, cancellationToken);

    /// <summary>Marks that a change of a file begins.</summary>
    /// <param name="marker">The mark.</param>
    /// <param name="backup">Where what stands there will be kept; null when nothing does.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public Task MarkAsync(string marker, string? backup, CancellationToken cancellationToken) => RunAsync(
        $"{marker} cannot be written",
        ["sh", "-c", "mkdir -p \"${1%/*}\" && printf '%s\\n' \"$2\" > \"$1\"", "mark", marker, backup ?? Nothing],
        default, Limit, cancellationToken);

    /// <summary>Makes a directory that only root writes to.</summary>
    public Task MakeDirectoryAsync(string path, CancellationToken cancellationToken) =>
        RunAsync($"{path} cannot be made", ["mkdir", "-p", "-m", "755", path], default, Limit, cancellationToken);

    /// <summary>Makes a port area, or the ports that it lacks.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PortAreaUnusable"/>: its file system has no hard links; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public Task MakePortAreaAsync(PortAreaDefinition area, CancellationToken cancellationToken) => RunAsync(
        $"The port area {area.Path} cannot be made",
        ["sh", "-c", PortScript, "ports", area.Path, Text(area.First), Text(area.Last)],
        default, Timeout.InfiniteTimeSpan, cancellationToken);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task RunAsync(
        string failure, IReadOnlyList<string> command, ReadOnlyMemory<byte> input, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var result = await connection.RunAsync(command, input, limit.Token);
            if (result.ExitCode == NoLinks)
            {
                throw new HpcException(
                    ErrorId.PortAreaUnusable,
                    $"{failure} on {connection.Node}: {result.Error.Trim()}.",
                    connection.Node,
                    PortArea.PlaceRemedy);
            }

            if (result.ExitCode != 0)
            {
                throw Failed($"{failure} on {connection.Node}: {Quote.Words($"{result.Error.Trim()} {result.Text}")}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.NodeTimeout,
                $"{failure} on {connection.Node} within {patience.TotalSeconds:0} s: it is slow, or hangs.",
                connection.Node);
        }
    }

    private HpcException Failed(string message) => new(
        ErrorId.NodeCommandFailed,
        message,
        connection.Node,
        "Log in as root, or as a user who may write there: nodes.ssh.user in the site definition.");

    private static string HashOf(byte[]? content) => content is null ? Nothing : Convert.ToHexStringLower(SHA256.HashData(content));
}
