using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.Nodes;

/// <summary>A host's public key as it goes over the wire (RFC 4253, section 6.6).</summary>
/// <param name="Type">
/// The key type: ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa; an RSA key is ssh-rsa whatever signature it makes (RFC 8332).
/// </param>
/// <param name="Blob">The key's encoding.</param>
public sealed record HostKey(string Type, ReadOnlyMemory<byte> Blob)
{
    /// <summary>The fingerprint as ssh-keygen -l prints it: SHA256: and base64 without padding.</summary>
    public string Fingerprint => "SHA256:" + Convert.ToBase64String(SHA256.HashData(Blob.Span)).TrimEnd('=');

    /// <summary>Reads a key from its encoding, whose first string is the type.</summary>
    /// <param name="blob">The encoding.</param>
    /// <returns>The key; null when the bytes do not begin with a type.</returns>
    public static HostKey? FromBlob(ReadOnlyMemory<byte> blob)
    {
        if (blob.Length < 5)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(blob.Span);
        return length is > 0 and < 256 && blob.Length > 4 + length
            ? new HostKey(Encoding.ASCII.GetString(blob.Span.Slice(4, length)), blob)
            : null;
    }

    /// <summary>Whether both are the same key.</summary>
    /// <param name="other">The other key.</param>
    public bool Equals(HostKey? other) => other is not null && Blob.Span.SequenceEqual(other.Blob.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Fingerprint.GetHashCode(StringComparison.Ordinal);
}
