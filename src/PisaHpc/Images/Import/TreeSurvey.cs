using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.Images.Import;

/// <summary>What is known of a tree without reading its files.</summary>
public sealed record TreeSurvey
{
    /// <summary>How many files, directories, links and so on go into the image.</summary>
    public required long Files { get; init; }

    /// <summary>How long the tar stream will be, but for the headers of extended attributes and long names.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// The digest, <c>sha256:…</c>, over each file's path, type, mode, owner, group, size, modification time in seconds and link target, in
    /// no order: a copy that keeps these, as tar does, has the same. Contents count by size and time; the digest of the contents is the
    /// image's layer.
    /// </summary>
    public required string Digest { get; init; }

    /// <summary>
    /// A digest, <c>sha256:…</c>, over the same and each file's status change (st_ctime). Nobody can set that, so that in one tree on one
    /// machine the same state means that nothing was touched, contents, attributes and access lists included.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Bytes of holes in sparse files, which take room where the tar is unpacked.</summary>
    public required long HoleBytes { get; init; }

    /// <summary>The file with the most of them; null when there is none.</summary>
    public string? LargestHole { get; init; }
}

/// <summary>Makes a survey of what find(1) prints of a tree. Names are bytes and need not be text.</summary>
/// <param name="exclusions">What stays out of the image.</param>
/// <param name="hasDefaultList">Whether the directory with a path from the root has a default access list.</param>
public sealed class TreeSurveyReader(TreeExclusions exclusions, Func<byte[], bool> hasDefaultList)
{
    /// <summary>
    /// The fields of a file for find's -printf, each ended by a NUL: type, mode, uid, gid, size, 512-byte blocks, links, inode,
    /// modification and status change time, link target, path from the root.
    /// </summary>
    public const string Format = @"%y\0%m\0%U\0%G\0%s\0%b\0%n\0%i\0%T@\0%C@\0%l\0%P\0";

    private const int Fields = 12;
    private const int BlockBytes = 512;

    /// <summary>Smaller holes are rounding of some file systems, compression or inline data.</summary>
    private const long LeastHole = 1 << 20;

    private readonly List<byte[]> _defaultLists = [];
    private readonly HashSum _properties = new();
    private readonly HashSum _states = new();
    private readonly HashSet<long> _linked = [];
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly Range[] _fields = new Range[Fields];
    private long _bytes;
    private long _holes;
    private long _largestHole;
    private string? _largestHolePath;

    /// <summary>
    /// The paths of the directories with a default access list, as bytes that need not be text. The root is not among them: an engine
    /// leaves an image's root as it made it.
    /// </summary>
    public IReadOnlyList<byte[]> DefaultLists => _defaultLists;

    /// <summary>Reads find's output to its end.</summary>
    /// <exception cref="InvalidDataException">It is not what <see cref="Format"/> prints.</exception>
    public async Task<TreeSurvey> ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 17];
        var filled = 0;
        while (await output.ReadAsync(buffer.AsMemory(filled), cancellationToken) is var count && count > 0)
        {
            filled += count;
            var used = TakeAll(buffer.AsSpan(0, filled));
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (filled == buffer.Length)
            {
                throw new InvalidDataException("find printed a file that does not end.");
            }
        }

        return filled == 0 ? Result() : throw new InvalidDataException("find ended within a file.");
    }

    private int TakeAll(ReadOnlySpan<byte> text)
    {
        var used = 0;
        while (TryTake(text[used..], out var length))
        {
            used += length;
        }

        return used;
    }

    private bool TryTake(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        for (var field = 0; field < Fields; field++)
        {
            var end = text[length..].IndexOf((byte)0);
            if (end < 0)
            {
                return false;
            }

            _fields[field] = length..(length + end);
            length += end + 1;
        }

        Add(text);
        return true;
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        var isFile = text[_fields[0]].SequenceEqual("f"u8);
        var isDirectory = text[_fields[0]].SequenceEqual("d"u8);
        var isHollow = isDirectory && exclusions.IsHollow(Encoding.UTF8.GetString(text[_fields[11]]));
        _text.ResetWrittenCount();
        Append(text[_fields[0]]);
        Append(isHollow ? default : text[_fields[1]]);
        Append(isHollow ? default : text[_fields[2]]);
        Append(isHollow ? default : text[_fields[3]]);
        Append(isFile ? text[_fields[4]] : default);
        Append(isHollow ? default : WholeSeconds(text[_fields[8]]));
        Append(text[_fields[10]]);
        Append(text[_fields[11]]);
        _properties.Add(_text.WrittenSpan);
        Append(isHollow ? default : text[_fields[9]]);
        _states.Add(_text.WrittenSpan);
        _bytes += BlockBytes;

        if (isDirectory && !isHollow && text[_fields[11]].ToArray() is { Length: > 0 } path && hasDefaultList(path))
        {
            _defaultLists.Add(path);
        }

        if (isFile && (text[_fields[6]].SequenceEqual("1"u8) || _linked.Add(Number<long>(text[_fields[7]]))))
        {
            AddContent(Number<long>(text[_fields[4]]), Number<long>(text[_fields[5]]), text[_fields[11]]);
        }
    }

    private void AddContent(long size, long blocks, ReadOnlySpan<byte> path)
    {
        _bytes += (size + BlockBytes - 1) / BlockBytes * BlockBytes;
        var hole = size - (blocks * BlockBytes);
        if (hole < LeastHole)
        {
            return;
        }

        _holes += hole;
        if (hole > _largestHole)
        {
            (_largestHole, _largestHolePath) = (hole, Encoding.UTF8.GetString(path));
        }
    }

    private static ReadOnlySpan<byte> WholeSeconds(ReadOnlySpan<byte> time) =>
        time.IndexOf((byte)'.') is >= 0 and var point ? time[..point] : time;

    private void Append(ReadOnlySpan<byte> field)
    {
        _text.Write(field);
        _text.Write("\0"u8);
    }

    private static T Number<T>(ReadOnlySpan<byte> text) where T : IUtf8SpanParsable<T> =>
        T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"find printed {Quote.Of(Encoding.UTF8.GetString(text))} where a number belongs.");

    private TreeSurvey Result() => new()
    {
        Files = _properties.Count,
        Bytes = _bytes,
        Digest = _properties.ToString(),
        State = _states.ToString(),
        HoleBytes = _holes,
        LargestHole = _largestHolePath,
    };
}

/// <summary>A digest of many texts in no order: their SHA-256 hashes are added up, so that none of them has to be kept.</summary>
internal sealed class HashSum
{
    private UInt128 _low;
    private UInt128 _high;

    /// <summary>How many texts there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a text.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        Span<UInt128> hash = stackalloc UInt128[2];
        SHA256.HashData(text, MemoryMarshal.AsBytes(hash));
        _low = unchecked(_low + hash[0]);
        _high = unchecked(_high + hash[1]);
        Count++;
    }

    /// <summary>The digest, <c>sha256:…</c>.</summary>
    public override string ToString() =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes([_low, _high, (UInt128)Count])));
}
