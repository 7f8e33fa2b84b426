using System.Formats.Tar;

namespace PisaHpc.Access.Ssh;

/// <summary>A job's files as a tar stream, the form in which they cross the connection in one piece.</summary>
internal static class JobArchive
{
    /// <summary>Packs files; owners are left to the receiving side, since a directory service's ids exceed what ustar can carry.</summary>
    public static async Task<ReadOnlyMemory<byte>> PackAsync(IEnumerable<JobFile> files, CancellationToken cancellationToken)
    {
        var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files)
            {
                await using var content = new MemoryStream(file.GetBytes());
                await writer.WriteEntryAsync(
                    new UstarTarEntry(TarEntryType.RegularFile, file.Name) { Mode = file.Mode, DataStream = content }, cancellationToken);
            }
        }

        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
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
