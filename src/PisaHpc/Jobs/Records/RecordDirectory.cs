using System.Text.Json;
using PisaHpc.Posix;
using PisaHpc.Sites;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// The directory of a site's records: a file for each run of a job, written whole, by rename, and never changed. Everybody may read it, and
/// the account that starts and stops jobs alone writes there. No decision is made by what it holds.
/// </summary>
internal sealed class RecordDirectory(RecordsDefinition definition)
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>The file whose time tells when old records were looked for last.</summary>
    private const string PrunedMark = ".pruned";

    /// <summary>The end of the name of a file that is being written.</summary>
    private const string Unfinished = ".new";

    private static readonly TimeSpan PruneEvery = TimeSpan.FromDays(1);

    /// <summary>The directory.</summary>
    public string Path => definition.Directory;

    /// <summary>What the time is.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How long old records are removed at a time; the next writer goes on.</summary>
    public TimeSpan PruneLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Writes a record, and removes old ones once a day.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.RecordsMissing"/>; <see cref="ErrorId.RecordsUnusable"/>: it is full, read only, or others may write there.
    /// </exception>
    public string Write(HpcEndedJob job)
    {
        try
        {
            RequireSafe();
            var file = System.IO.Path.Combine(Path, RecordName.Of(job).File);
            WriteWhole(file, JsonSerializer.SerializeToUtf8Bytes(job, EndedJobJson.Default.HpcEndedJob));
            Prune();
            return file;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.RecordsUnusable, $"The directory of records {Path} cannot be written to: {Quote.Cause(failure)}", Path,
                innerException: failure);
        }
    }

    /// <summary>The records' names, the latest end first; of a run that two processes wrote down the earlier one.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.RecordsMissing"/>, <see cref="ErrorId.RecordsUnusable"/>.</exception>
    public IReadOnlyList<RecordName> Names()
    {
        try
        {
            Require();
            return
            [
                .. NamesIn(Path).OrderBy(name => name.EndedAt).DistinctBy(name => (name.Job, name.Run)).Reverse(),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.RecordsUnusable, $"The directory of records {Path} cannot be read: {Quote.Cause(failure)}", Path,
                innerException: failure);
        }
    }

    private void Require()
    {
        if (!Directory.Exists(Path))
        {
            throw new HpcException(
                ErrorId.RecordsMissing,
                $"The directory of records {Quote.Name(Path)} does not exist on {Environment.MachineName}.",
                Path,
                "Mount the shared file system, or make the directory: Initialize-HpcNode.");
        }
    }

    /// <summary>Who may write there could put a link in a record's place, or another's words.</summary>
    private void RequireSafe()
    {
        Require();
        if (!OperatingSystem.IsLinux())
        {
            throw new HpcException(ErrorId.PlatformNotSupported, $"Records are written to {Path} on Linux only.", Path);
        }

        var mode = File.GetUnixFileMode(Path);
        var owner = LinuxFile.Status(Path)?.Uid ?? 0;
        if ((mode & WritableByOthers) != 0 || (owner != 0 && owner != LinuxFile.Uid))
        {
            throw new HpcException(
                ErrorId.RecordsUnusable,
                $"The directory of records {Path} is not safe: user id {owner} owns it, with mode {Convert.ToString((int)mode, 8)}, so "
                + "that others may write there.",
                Path,
                $"Give it to root, and to nobody else to write: chown root {Path}; chmod 755 {Path}.");
        }
    }

    /// <summary>The file appears with all that it holds, or not at all.</summary>
    private static void WriteWhole(string file, byte[] content)
    {
        var unfinished = System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(file)!, $".{System.IO.Path.GetFileName(file)}.{Guid.NewGuid():n}{Unfinished}");
        try
        {
            var created = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                created.UnixCreateMode = Readable;
            }

            using (var stream = new FileStream(unfinished, created))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
                if (!OperatingSystem.IsWindows())
                {
                    // The process's umask may have taken what everybody is to have.
                    File.SetUnixFileMode(stream.SafeFileHandle, Readable);
                }
            }

            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>
    /// Removes what is older than the site keeps, by the names alone. The mark is set first, so that one of many writers does it; one that
    /// was not through in time takes the mark away.
    /// </summary>
    private void Prune()
    {
        var now = Clock.GetUtcNow();
        var mark = System.IO.Path.Combine(Path, PrunedMark);
        if (File.Exists(mark) && now - File.GetLastWriteTimeUtc(mark) < PruneEvery)
        {
            return;
        }

        File.WriteAllBytes(mark, []);
        File.SetLastWriteTimeUtc(mark, now.UtcDateTime);
        var began = Clock.GetTimestamp();
        foreach (var file in Directory.EnumerateFiles(Path).Where(file => IsOld(file, now)))
        {
            if (Clock.GetElapsedTime(began) > PruneLimit)
            {
                File.Delete(mark);
                return;
            }

            File.Delete(file);
        }
    }

    private bool IsOld(string path, DateTimeOffset now)
    {
        var file = System.IO.Path.GetFileName(path);
        return RecordName.Parse(file) is { } name
            ? now - name.EndedAt > definition.Keep
            : file.StartsWith('.') && file.EndsWith(Unfinished, StringComparison.Ordinal)
                && now - File.GetLastWriteTimeUtc(path) > PruneEvery;
    }

    private static IEnumerable<RecordName> NamesIn(string directory) =>
        Directory.EnumerateFiles(directory).Select(file => RecordName.Parse(System.IO.Path.GetFileName(file))).OfType<RecordName>();
}
