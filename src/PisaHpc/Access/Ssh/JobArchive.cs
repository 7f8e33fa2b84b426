using System.Formats.Tar;

namespace PisaHpc.Access.Ssh;

/// <summary>A job's files as a tar stream, the form in which they cross the connection in one piece.</summary>
/// <param name="Tar">The archive.</param>
/// <param name="Files">How many files are in it.</param>
internal sealed record JobArchive(ReadOnlyMemory<byte> Tar, int Files)
{
    // What seven octal digits hold (POSIX.1-2017, pax: ustar interchange format). A directory service may have larger ids.
    private const uint LargestId = 0x1FFFFF;

    /// <summary>
    /// Packs files and, behind them, the directory itself, with their owner: so root's tar gives them away, and no program has to. Ids that
    /// a header cannot carry are left to the receiving side.
    /// </summary>
    public static async Task<JobArchive> PackAsync(
        IReadOnlyCollection<JobFile> files, uint uid, uint gid, CancellationToken cancellationToken)
    {
        var (owner, group) = Math.Max(uid, gid) <= LargestId ? ((int)uid, (int)gid) : (0, 0);
        var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files.Append(JobFile.Directory("./")))
            {
                await using var content = new MemoryStream(file.GetBytes());
                await writer.WriteEntryAsync(
                    file.Content is null
                        ? new UstarTarEntry(TarEntryType.Directory, file.Name) { Mode = file.Mode, Uid = owner, Gid = group }
                        : new UstarTarEntry(TarEntryType.RegularFile, file.Name)
                        {
                            Mode = file.Mode, Uid = owner, Gid = group, DataStream = content,
                        },
                    cancellationToken);
            }
        }

        return new JobArchive(stream.GetBuffer().AsMemory(0, (int)stream.Length), files.Count);
    }

    /// <summary>Unpacks regular files, and directories as empty content under a name that ends with a slash; links are left out.</summary>
    public static async Task<IReadOnlyDictionary<string, byte[]>> UnpackAsync(
        ReadOnlyMemory<byte> archive, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var stream = new MemoryStream(archive.ToArray());
        await using var reader = new TarReader(stream);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.EntryType is TarEntryType.Directory)
            {
                files[entry.Name.TrimEnd('/') + "/"] = [];
            }
            else if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                using var content = new MemoryStream();
                await (entry.DataStream?.CopyToAsync(content, cancellationToken) ?? Task.CompletedTask);
                files[entry.Name] = content.ToArray();
            }
        }

        return files;
    }
}
