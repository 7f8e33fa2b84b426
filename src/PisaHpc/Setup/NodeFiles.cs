using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>The changes that are made to a node's files, each whole or not at all.</summary>
internal sealed class NodeFiles(INodeConnection connection)
{
    private const string Nothing = "none";
    private const int NoLinks = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly NodeScript PutFile = NodeScript.Of("Setup/put-file.sh");
    private static readonly NodeScript MarkChange = NodeScript.Of("Setup/mark-change.sh");
    private static readonly NodeScript MakePorts = NodeScript.Of("Setup/port-area.sh");

    /// <summary>Puts a file in another's place.</summary>
    /// <param name="file">The path.</param>
    /// <param name="expected">What may stand there; null for no file.</param>
    /// <param name="content">What is put there.</param>
    /// <param name="backup">Where to keep what stood there; null for nowhere.</param>
    /// <param name="marker">The mark of the change that it is part of; null for none.</param>
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
        PutFile.Command(file, string.Join(' ', expected.Select(HashOf)), backup ?? "", HashOf(content), marker ?? ""),
        content, Limit, cancellationToken);

    /// <summary>Removes a file; one that is gone is success.</summary>
    public Task RemoveAsync(string file, CancellationToken cancellationToken) =>
        RunAsync($"{file} cannot be removed", ["rm", "-f", file], default, Limit, cancellationToken);

    /// <summary>Marks that a change of a file begins.</summary>
    /// <param name="marker">The mark.</param>
    /// <param name="backup">Where what stands there will be kept; null when nothing does.</param>
    public Task MarkAsync(string marker, string? backup, CancellationToken cancellationToken) => RunAsync(
        $"{marker} cannot be written",
        MarkChange.Command(marker, backup ?? Nothing),
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
        MakePorts.Command(area.Path, Text(area.First), Text(area.Last)),
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
