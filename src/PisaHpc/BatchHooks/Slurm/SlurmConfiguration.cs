using System.Text;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>A slurm.conf(5) with all that it includes.</summary>
/// <param name="Files">The files, the first of them slurm.conf itself.</param>
/// <param name="Lines">The lines of all of them in the order in which Slurm reads them.</param>
internal sealed record SlurmConfiguration(IReadOnlyList<SlurmConfFile> Files, IReadOnlyList<SlurmConfLine> Lines)
{
    private const int MostFiles = 100;

    /// <summary>The directory of slurm.conf itself, in which Slurm looks for what else it reads.</summary>
    public string Directory => DirectoryOf(Files[0].Path);

    /// <summary>Reads it.</summary>
    /// <param name="path">The path of slurm.conf.</param>
    /// <param name="read">Reads a file; null when there is none.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>, with file and line.</exception>
    public static async Task<SlurmConfiguration> ReadAsync(string path, Func<string, Task<byte[]?>> read)
    {
        var (files, lines) = (new List<SlurmConfFile>(), new List<SlurmConfLine>());
        await AddAsync(path, from: null);
        return new SlurmConfiguration(files, lines);

        async Task AddAsync(string file, SlurmConfLine? from)
        {
            var content = await read(file) ?? throw Missing(file, from);
            var parsed = new SlurmConfFile(file, Encoding.Latin1.GetString(content));
            if (files.Count >= MostFiles || files.Exists(known => known.Path == file))
            {
                throw from!.Invalid($"{file} is included already, or too much is.");
            }

            files.Add(parsed);
            foreach (var line in parsed.Lines())
            {
                if (line.IsInclude)
                {
                    await AddAsync(PathOf(line, lines), line);
                }
                else
                {
                    lines.Add(line);
                }
            }
        }
    }

    /// <summary>The same without what was put into it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>: a line of ours was changed since.</exception>
    public async Task<SlurmConfiguration> WithoutOursAsync()
    {
        var texts = Files.ToDictionary(file => file.Path, file => MarkedLines.TakenOut(file));
        return await ReadAsync(Files[0].Path, path => Task.FromResult<byte[]?>(Encoding.Latin1.GetBytes(texts[path])));
    }

    /// <summary>The lines that have a key, in any case of letters; the last one counts where Slurm takes one.</summary>
    public IReadOnlyList<SlurmConfLine> All(string key) =>
        [.. Lines.Where(line => line.Key.Equals(key, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The line that counts; null when no line has the key.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: it does not simply set a value.
    /// </exception>
    public SlurmConfLine? Find(string key) => All(key) is not [.., var last] ? null
        : last.Operator.Length > 0 ? throw last.Invalid($"{last.Key}{last.Operator}= is not understood here: write the value in full.")
        : last.Value.AsSpan().ContainsAny('\\', '"') ? throw last.Invalid($"the value of {last.Key} has quotes or backslashes in it.")
        : last;

    private static HpcException Missing(string file, SlurmConfLine? from) => from?.Invalid($"{file}, which it includes, is not there.")
        ?? new HpcException(ErrorId.BatchConfigurationInvalid, $"There is no {file}.", file, "Name the file that slurmctld reads.");

    /// <summary>An Include's path begins at its file's directory, and %c in it is the cluster's name in small letters.</summary>
    private static string PathOf(SlurmConfLine include, List<SlurmConfLine> before)
    {
        var path = include.Value;
        if (path.Contains("%c", StringComparison.Ordinal))
        {
            var cluster = before.FindLast(line => line.Key.Equals("ClusterName", StringComparison.OrdinalIgnoreCase))
                ?? throw include.Invalid("%c stands for ClusterName, which no line above it sets.");
            path = path.Replace("%c", cluster.Value.ToLowerInvariant(), StringComparison.Ordinal);
        }

        return path.StartsWith('/') ? path : $"{DirectoryOf(include.File.Path)}/{path}";
    }

    private static string DirectoryOf(string path) => path[..path.LastIndexOf('/')];
}
