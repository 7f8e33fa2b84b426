using System.Text;
using PisaHpc.Posix;

namespace PisaHpc.Containers.Commands;

/// <summary>What a command reads from its standard input; each of many commands gets all of it.</summary>
/// <param name="Open">Opens it anew.</param>
public sealed record CommandInput(Func<Stream> Open)
{
    private const int Chunk = 64 * 1024;

    /// <summary>Nothing but its end.</summary>
    public static CommandInput None { get; } = new(() => Stream.Null);

    /// <summary>Lines of text in UTF-8, each with a line feed.</summary>
    public static CommandInput Of(IEnumerable<string> lines)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + '\n')));
        return new CommandInput(() => new MemoryStream(bytes, writable: false));
    }

    /// <summary>The bytes of a file of this machine.</summary>
    /// <param name="path">The file's full path.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be read, or is no regular file.</exception>
    public static CommandInput OfFile(string path)
    {
        if (IsOther(path))
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The input {Quote.Name(path)} is no regular file: to open a pipe or a device may wait for ever, and it is read but once.",
                path,
                "Write what it gives into a file first, or give its lines to -InputText.");
        }

        var input = new CommandInput(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        try
        {
            input.Open().Dispose();
            return input;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The input {Quote.Name(path)} cannot be read: {Quote.Cause(failure)}",
                path,
                "Name a file of this machine that can be.");
        }
    }

    /// <summary>
    /// Writes it to a command, and its end. A command may end without reading it: that is no failure. Input that cannot be read on stays
    /// without its end, so that nobody takes what came for the whole.
    /// </summary>
    /// <param name="target">The command's standard input.</param>
    internal async Task WriteToAsync(Stream target, CancellationToken cancellationToken)
    {
        await using var source = Open();
        var buffer = new byte[Chunk];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (!await TryAsync(async () => await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken)))
            {
                return;
            }
        }

        await TryAsync(async () => await target.DisposeAsync());
    }

    /// <summary>Whether something else has the name; a directory and what is not there are what opening it says.</summary>
    private static bool IsOther(string path) => OperatingSystem.IsLinux() && File.Exists(path)
        && LinuxFile.Status(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path) is { IsRegular: false };

    private static async Task<bool> TryAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return false; // Nobody reads any more; how the command ended tells why.
        }
    }
}
