using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PisaHpc.Images.Import;

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
