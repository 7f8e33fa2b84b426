using System.Diagnostics;
using System.Globalization;
using System.Text;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers.Items;

/// <summary>
/// Copies files and directories into a container, or out of it, by a tar that its own user runs there: whatever he may not read or write is
/// refused by the kernel, and no link in the container leads anybody with more rights anywhere.
/// </summary>
/// <param name="engine">The engine of the container's node.</param>
/// <param name="container">The container, which runs.</param>
/// <param name="user">As whom.</param>
/// <param name="progress">Told of the bytes.</param>
/// <param name="warn">Told of what cannot be copied.</param>
public sealed class ContainerItems(
    IContainerEngine engine, HpcContainer container, ContainerUser user, IProgress<ItemCopyProgress> progress, Action<string> warn)
{
    private const int NotThere = 66;
    private const int NoTar = 69;
    private const int LongestWords = 16 * 1024;
    private const int Chunk = 128 * 1024;

    /// <summary>What the C library says of ENOSPC and EDQUOT (errno(3)).</summary>
    private static readonly string[] FullDisk = ["No space left on device", "Disk quota exceeded", "quota exceeded"];

    private static readonly TimeSpan Leave = TimeSpan.FromSeconds(1);

    /// <summary>Whatever the names, and through no link.</summary>
    private static readonly EnumerationOptions Walk = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    private static readonly NodeScript Receive = NodeScript.Of("Containers/Items/receive-items.sh");
    private static readonly NodeScript Send = NodeScript.Of("Containers/Items/send-item.sh");

    /// <summary>Looks whether items of this machine are there.</summary>
    /// <param name="paths">Their full paths.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ItemNotFound"/>; <see cref="ErrorId.InvalidValue"/>: it has no name.</exception>
    public static void Require(IReadOnlyList<string> paths) => new ItemArchive(paths).Require();

    /// <summary>Looks whether each item has a name that no other has: of two the first would be lost.</summary>
    /// <param name="paths">The paths, here or in containers.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    public static void RequireNames(IEnumerable<string> paths)
    {
        if (paths.GroupBy(NameOf, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"Two of what is to be copied are called {Quote.Of(same.Key)}: {Quote.Words(string.Join(", ", same))}.",
                same.Key,
                "Copy them one after another, each to a place of its own.");
        }
    }

    /// <summary>Copies items of this machine into the container.</summary>
    /// <param name="paths">Their full paths.</param>
    /// <param name="destination">An existing directory, or the new name of a single item; relative to the user's home.</param>
    /// <param name="cancellationToken">Ends it; nothing of what came then has its name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ItemNotFound"/>, <see cref="ErrorId.ItemNotCopied"/>, <see cref="ErrorId.DiskFull"/>, and those of a command.
    /// </exception>
    public async Task<HpcContainerCopy> CopyInAsync(IReadOnlyList<string> paths, string destination, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var archive = new ItemArchive(paths);
        var count = archive.Count();
        var items = paths.Count.ToString(CultureInfo.InvariantCulture);
        await using var execution = await StartAsync(Receive, [destination, items], cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var words = WordsAsync(execution.Error, cancellationToken);
        var reading = execution.Output.CopyToAsync(Stream.Null, cancellationToken);
        var sending = SendAsync(archive, execution.Input, count.Bytes, ended.Token);
        var ending = execution.WaitAsync(cancellationToken);

        // A script that refuses does not read on, and says more than the pipe that breaks by it.
        await Task.WhenAny(sending, ending);
        if (sending.IsFaulted && await Task.WhenAny(ending, Task.Delay(Leave, cancellationToken)) != ending)
        {
            await sending;
        }

        var code = await ending;
        await ended.CancelAsync();
        if (code != 0)
        {
            throw Failure(code, await words, destination);
        }

        await sending;
        await reading;
        return Copied(string.Join(", ", paths), destination, count, clock);
    }

    /// <summary>Copies an item of the container to this machine.</summary>
    /// <param name="path">Its path; relative to the user's home.</param>
    /// <param name="directory">The directory here that it comes into, which is made where it is not there.</param>
    /// <param name="cancellationToken">Ends it; nothing of what came then is left.</param>
    /// <exception cref="HpcException">As for the way in.</exception>
    public async Task<HpcContainerCopy> CopyOutAsync(string path, string directory, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var name = NameOf(path);
        var work = Path.Combine(directory, $".pisahpc-copy-{Guid.NewGuid():N}");
        await using var execution = await StartAsync(Send, [path], cancellationToken);
        await execution.Input.DisposeAsync();
        var words = WordsAsync(execution.Error, cancellationToken);
        try
        {
            MakeDirectories(directory, work);
            var count = await ReceiveAsync(execution, words, new ItemUnpacking(work, name, Tell, PassedOver), path, cancellationToken);
            ItemPlacement.Place(Path.Combine(work, name), Path.Combine(directory, name));
            return Copied(path, Path.Combine(directory, name), count, clock);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                IsFull(failure) ? ErrorId.DiskFull : ErrorId.ItemNotCopied,
                $"{Quote.Name(path)} of {container.Name} on {container.Node} cannot be written below {Quote.Name(directory)}: "
                    + Quote.Cause(failure),
                directory,
                IsFull(failure) ? "Make room there, or name another directory." : null,
                failure);
        }
        finally
        {
            Remove(work);
        }
    }

    /// <summary>Unpacks what comes. A tar that failed has said why, which tells more than what came of it.</summary>
    private async Task<ItemCount> ReceiveAsync(
        IExecution execution, Task<string> words, ItemUnpacking unpacking, string path, CancellationToken cancellationToken)
    {
        ItemCount count = default;
        HpcException? broken = null;
        try
        {
            count = await unpacking.UnpackAsync(execution.Output, cancellationToken);
            await execution.Output.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.ItemNotCopied)
        {
            // A tar that goes on is ended with its execution.
            broken = failure;
            await Task.WhenAny(execution.WaitAsync(cancellationToken), Task.Delay(Leave, cancellationToken));
        }

        var ending = execution.WaitAsync(cancellationToken);
        if (broken is not null && !ending.IsCompletedSuccessfully)
        {
            throw broken;
        }

        var code = await ending;
        return code != 0 ? throw Failure(code, await words, path) : broken is not null ? throw broken : count;
    }

    private Task<IExecution> StartAsync(NodeScript script, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        engine.Executions.StartAsync(
            container.Id,
            new ExecutionRequest(["/bin/sh", "-c", script.Text, script.Name, user.Kind, .. arguments])
            {
                User = user.Id,
                EndsWithCaller = true,
            },
            cancellationToken);

    private async Task SendAsync(ItemArchive archive, Stream target, long total, CancellationToken cancellationToken)
    {
        try
        {
            await using var buffered = new BufferedStream(target, Chunk);
            await archive.WriteAsync(buffered, bytes => Tell(bytes, total), PassedOver, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            throw new HpcException(
                ErrorId.ItemNotCopied,
                $"The copy to {container.Name} on {container.Node} broke off: {Quote.Cause(failure)}",
                container.Node,
                innerException: failure);
        }
    }

    /// <summary>What is said on standard error, up to some length; all of it is read, or nobody could say it.</summary>
    private static async Task<string> WordsAsync(Stream error, CancellationToken cancellationToken)
    {
        var words = new StringBuilder();
        await foreach (var lines in OutputLines.ReadAsync(error, cancellationToken))
        {
            foreach (var line in lines.Where(_ => words.Length < LongestWords))
            {
                words.AppendLine(line);
            }
        }

        return words.ToString();
    }

    private HpcException Failure(int code, string words, string path)
    {
        var full = FullDisk.Any(word => words.Contains(word, StringComparison.OrdinalIgnoreCase));
        var (id, nextStep) = code switch
        {
            NotThere => (ErrorId.ItemNotFound, null),
            NoTar => (ErrorId.ItemNotCopied, "Copy into a directory that the container has from its node, or use an image with tar."),
            _ when full => (ErrorId.DiskFull, "Make room in the container's file system there, or copy to another directory."),
            _ => (ErrorId.ItemNotCopied, (string?)null),
        };
        return new HpcException(
            id,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Quote.Name(path)} in {container.Name} on {container.Node}: {Quote.OneLine(words).TrimEnd('.')} (exit code {code})."),
            container.Node,
            nextStep);
    }

    private HpcContainerCopy Copied(string source, string destination, ItemCount count, Stopwatch clock) => new()
    {
        Node = container.Node,
        Name = container.Name,
        JobId = container.JobId,
        Static = container.Static,
        Source = source,
        Destination = destination,
        Files = count.Files,
        Bytes = count.Bytes,
        DurationSec = Math.Round(clock.Elapsed.TotalSeconds, 3),
        Changed = true,
    };

    private static string NameOf(string path)
    {
        var trimmed = path.TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    private void Tell(long bytes) => Tell(bytes, 0);

    private void Tell(long bytes, long total) => progress.Report(new ItemCopyProgress(container.Node, bytes, total));

    private void PassedOver(string item) =>
        warn($"{container.Node}: {Quote.Name(item)} is neither a file nor a directory nor a symbolic link, and was not copied.");

    private static void MakeDirectories(string directory, string work)
    {
        Directory.CreateDirectory(directory);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(work);
        }
        else
        {
            Directory.CreateDirectory(work, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Removes what has no name, directories that their owner may not write to included.</summary>
    private static void Remove(string work)
    {
        if (!Directory.Exists(work))
        {
            return;
        }

        foreach (var inner in Directory.EnumerateDirectories(work, "*", Walk))
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(inner, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(work, recursive: true);
    }

    private static bool IsFull(Exception failure) =>
        FullDisk.Any(word => failure.Message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
