using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>A tar that an image is made of: a file, or a stream that somebody has open; plain or compressed.</summary>
public sealed class SourceArchive : IImageSource
{
    private readonly INodeConnection _machine;
    private readonly Stream _stream;
    private readonly bool _isOurs;
    private long _read;

    private SourceArchive(INodeConnection machine, Stream stream, string path, string? fingerprint, bool isOurs)
    {
        _machine = machine;
        _stream = stream;
        _isOurs = isOurs;
        Path = path;
        Fingerprint = fingerprint;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Description =>
        Path == "-" ? "a stream" : $"the tar {Path}" + (_stream.CanSeek ? $" ({ByteSize.Words(_stream.Length)})" : "");

    /// <inheritdoc/>
    public string? TreeDigest => null;

    /// <inheritdoc/>
    public string? Fingerprint { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    private string Named => Path == "-" ? "The stream" : $"The file {Quote.Name(Path)}";

    /// <summary>Opens a file.</summary>
    /// <param name="machine">This machine.</param>
    /// <param name="path">The file, as an absolute path.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ImageSourceMissing"/>, <see cref="ErrorId.ImageSourceUnreadable"/>, or <see cref="ErrorId.ImageSourceInvalid"/>
    /// for a file that is no tar: its first bytes are looked at.
    /// </exception>
    public static async Task<SourceArchive> OpenAsync(INodeConnection machine, string path, CancellationToken cancellationToken)
    {
        var fingerprint = await FingerprintAsync(machine, path, cancellationToken);
        try
        {
            // A pipe's opening waits for its writer, whatever the token says; an opening that is left alone is closed by its finalizer.
            var file = await Task.Run(
                () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan),
                cancellationToken).WaitAsync(cancellationToken);
            return await LookedAtAsync(file, new SourceArchive(machine, file, path, fingerprint, isOurs: true), cancellationToken);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HpcException(ErrorId.ImageSourceMissing, $"There is no directory and no file {Quote.Name(path)}.", path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new HpcException(
                ErrorId.ImageSourceUnreadable,
                $"The tar {Quote.Name(path)} cannot be read: {Quote.Cause(exception)}",
                path,
                innerException: exception);
        }
    }

    /// <summary>Takes a stream, which stays its owner's.</summary>
    /// <param name="machine">This machine.</param>
    public static SourceArchive Of(INodeConnection machine, Stream stream) => new(machine, stream, "-", fingerprint: null, isOurs: false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WriteAsync(
        Stream target, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var passage = new TarPassage();
        long? total = _stream.CanSeek ? _stream.Length : null;
        await using var counted = new ObservedStream(new CancellableReadStream(_stream), Count, Unreadable);
        await using var whole = await PeekedStream.OverAsync(counted, cancellationToken);
        var compressor = ArchiveFormat.CompressorOf(whole.Head.Span);
        var isTar = false;
        if (compressor is null)
        {
            isTar = await PassAsync(passage, whole, target, cancellationToken);
        }
        else
        {
            await Decompression.RunAsync(_machine, compressor, Path, whole.Whole, UnpackAsync, cancellationToken);
        }

        return !isTar ? throw NoTar(_read == 0) : passage.HasEnd ? [] : throw Cut();

        ValueTask Count(ReadOnlyMemory<byte> bytes)
        {
            _read += bytes.Length;
            progress?.Report(new ImportProgress(_read, total, passage.Members, null));
            return ValueTask.CompletedTask;
        }

        async Task UnpackAsync(Stream plain)
        {
            await using var headed = await PeekedStream.OverAsync(plain, cancellationToken);
            isTar = await PassAsync(passage, headed, target, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isOurs)
        {
            await _stream.DisposeAsync();
        }
    }

    private static async Task<SourceArchive> LookedAtAsync(Stream file, SourceArchive archive, CancellationToken cancellationToken)
    {
        try
        {
            await archive.LookAsync(cancellationToken);
            return archive;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks at the first bytes of a regular file, which can be read again; of what is none they come once.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (Fingerprint is null)
        {
            return;
        }

        var head = new byte[ArchiveFormat.HeadBytes];
        var count = await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        _stream.Position = 0;
        var plain = head.AsMemory(0, count);
        if (ArchiveFormat.CompressorOf(plain.Span) is { } compressor)
        {
            plain = await Decompression.HeadAsync(_machine, compressor, Path, _stream, cancellationToken);
            _stream.Position = 0;
            if (plain.Length < ArchiveFormat.HeadBytes)
            {
                // It is damaged, or its program is missing: what unpacks it as a whole tells which.
                return;
            }
        }

        if (!ArchiveFormat.IsTar(plain.Span))
        {
            throw NoTar(isEmpty: count == 0);
        }
    }

    /// <summary>
    /// Size, modification, status change and inode, the third of which nobody can set: of the file itself, wherever a link leads, and as it
    /// was before it is read. Null for what is no regular file, which can give something else each time.
    /// </summary>
    private static async Task<string?> FingerprintAsync(INodeConnection machine, string path, CancellationToken cancellationToken)
    {
        var status = await machine.RunAsync(
            ["env", "LC_ALL=C", "stat", "--dereference", "--format=%F %s %y %z %i", "--", path], default, cancellationToken);
        return status.ExitCode == 0 && status.Text.StartsWith("regular ", StringComparison.Ordinal) ? status.Text.Trim() : null;
    }

    /// <summary>Passes a tar on; false when there is less than one header, which a damaged archive's program explains better.</summary>
    private async Task<bool> PassAsync(TarPassage passage, PeekedStream tar, Stream target, CancellationToken cancellationToken)
    {
        if (!ArchiveFormat.IsTar(tar.Head.Span))
        {
            return tar.Head.Length < ArchiveFormat.HeadBytes ? false : throw NoTar(_read == 0);
        }

        await passage.RunAsync(Path, tar.Whole, target, cancellationToken);
        return true;
    }

    private Exception Unreadable(Exception exception) => exception is not IOException ? exception : new HpcException(
        ErrorId.ImageSourceUnreadable, $"{Named} was not read to its end: {Quote.Cause(exception)}", Path, innerException: exception);

    /// <summary>An engine takes a tar that ends between two members for a whole one, and so does tar(1).</summary>
    private HpcException Cut() => new(
        ErrorId.ImageSourceInvalid, $"{Named} is damaged: it ends before the mark that ends an archive.", Path);

    private HpcException NoTar(bool isEmpty) => new(
        ErrorId.ImageSourceInvalid,
        isEmpty ? $"{Named} is empty." : $"{Named} is no tar, whether plain or compressed with gzip, bzip2, xz or zstd.",
        Path);
}

/// <summary>
/// A stream that stops waiting for another one when it is cancelled. Consoles, pipes and files of .NET look at the token before a read and
/// not while the kernel keeps them waiting; such a read is left alone with a buffer that nobody looks at any more.
/// </summary>
/// <param name="source">Where bytes come from; it stays its owner's.</param>
internal sealed class CancellableReadStream(Stream source) : UnseekableStream
{
    private byte[] _buffer = [];

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_buffer.Length < buffer.Length)
        {
            _buffer = new byte[buffer.Length];
        }

        var own = _buffer.AsMemory(0, buffer.Length);
        var count = await Task.Run(() => source.ReadAsync(own, cancellationToken).AsTask(), cancellationToken).WaitAsync(cancellationToken);
        own[..count].CopyTo(buffer);
        return count;
    }
}
