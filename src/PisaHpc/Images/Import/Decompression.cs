using System.IO.Compression;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>
/// A compressed tar, unpacked while it is read. It is unpacked here and not by the engine, which knows zstd only since API 1.42, needs an
/// xz program on its node for xz, and reads gzip at half the speed of .NET.
/// </summary>
internal static class Decompression
{
    private const int NoSuchProgram = 127;

    /// <summary>Unpacks a stream into a use of it.</summary>
    /// <param name="machine">This machine, whose program unpacks.</param>
    /// <param name="program">What <see cref="ArchiveFormat.CompressorOf"/> gave.</param>
    /// <param name="path">The archive's path, for messages.</param>
    /// <param name="packed">The compressed bytes.</param>
    /// <param name="use">What is done with the tar; it reads to the end.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageSourceInvalid"/>: damaged; <see cref="ErrorId.ImageSourceUnreadable"/>: no program.
    /// </exception>
    public static async Task RunAsync(
        INodeConnection machine, string program, string path, Stream packed, Func<Stream, Task> use, CancellationToken cancellationToken)
    {
        if (program != ArchiveFormat.Gzip)
        {
            await RunProgramAsync(machine, program, path, packed, use, cancellationToken);
            return;
        }

        await using var tar = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            await use(tar);
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(path, exception.Message);
        }
    }

    /// <summary>Unpacks the first bytes: as many as a tar's header has, fewer where there are no more or the program fails.</summary>
    /// <param name="machine">This machine, whose program unpacks.</param>
    /// <param name="program">What <see cref="ArchiveFormat.CompressorOf"/> gave.</param>
    /// <param name="path">The archive's path, for messages.</param>
    /// <param name="packed">The compressed bytes; some of them are read.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageSourceInvalid"/>: damaged.</exception>
    public static async Task<Memory<byte>> HeadAsync(
        INodeConnection machine, string program, string path, Stream packed, CancellationToken cancellationToken)
    {
        if (program == ArchiveFormat.Gzip)
        {
            var head = Memory<byte>.Empty;
            await RunAsync(machine, program, path, packed, async tar => head = await FirstAsync(tar, cancellationToken), cancellationToken);
            return head;
        }

        await using var process = await machine.StartAsync([program, "--decompress", "--stdout"], cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(packed, process.Input, ending.Token);
        try
        {
            return await FirstAsync(process.Output, cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await feeding;
        }
    }

    private static async Task<Memory<byte>> FirstAsync(Stream tar, CancellationToken cancellationToken)
    {
        var head = new byte[ArchiveFormat.HeadBytes];
        return head.AsMemory(0, await tar.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken));
    }

    private static async Task RunProgramAsync(
        INodeConnection machine, string program, string path, Stream packed, Func<Stream, Task> use, CancellationToken cancellationToken)
    {
        await using var process = await machine.StartAsync([program, "--decompress", "--stdout"], cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var error = new StreamReader(process.Error, Encoding.UTF8);
        var words = error.ReadToEndAsync(cancellationToken);
        var feeding = FeedAsync(packed, process.Input, ending.Token);
        try
        {
            await use(process.Output);
            var exitCode = await process.WaitAsync(cancellationToken);
            if (exitCode != 0)
            {
                throw Failed(program, path, exitCode, (await words).Trim());
            }
        }
        finally
        {
            await ending.CancelAsync();
            await feeding;
        }
    }

    /// <summary>
    /// A program that has ended takes no more: what it says and its exit code tell why. Its input ends in any case, for a program that
    /// waits for more would never tell of a source that cannot be read.
    /// </summary>
    private static async Task FeedAsync(Stream packed, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await using (input)
            {
                await packed.CopyToAsync(input, 256 * 1024, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller learns of it from the program's end.
        }
    }

    private static HpcException Failed(string program, string path, int exitCode, string words) => exitCode == NoSuchProgram
        ? new HpcException(
            ErrorId.ImageSourceUnreadable,
            $"The tar {path} is compressed with {program}, and this machine has no {program} to read it.",
            path,
            $"Install {program} on this machine.")
        : Damaged(path, words.Length > 0 ? words : $"{program} ended with {exitCode}");

    private static HpcException Damaged(string path, string words) =>
        new(ErrorId.ImageSourceInvalid, $"The tar {path} is damaged: {Quote.Words(words)}", path);
}
