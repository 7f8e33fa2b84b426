using System.Buffers.Binary;
using System.Text;

namespace PisaHpc.Adapters.Ssh;

/// <summary>What anybody can read in a private key of OpenSSH's own format (PROTOCOL.key).</summary>
internal static class OpenSshPrivateKey
{
    /// <summary>The types that can be used here.</summary>
    public static IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    };

    /// <summary>The key's type, and whether it is encrypted.</summary>
    /// <exception cref="InvalidDataException">It is not of this format.</exception>
    public static (string Type, bool IsEncrypted) Describe(ReadOnlySpan<byte> content)
    {
        if (!content.StartsWith("openssh-key-v1\0"u8))
        {
            throw new InvalidDataException("it does not begin with openssh-key-v1.");
        }

        var rest = content["openssh-key-v1\0".Length..];
        var cipher = Take(ref rest);
        _ = Take(ref rest);
        _ = Take(ref rest);
        rest = rest[sizeof(uint)..];
        var publicKey = Take(ref rest);
        return (Encoding.ASCII.GetString(Take(ref publicKey)), !cipher.SequenceEqual("none"u8));
    }

    /// <summary>The next string of the ssh protocol (RFC 4251, section 5).</summary>
    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var length = checked((int)BinaryPrimitives.ReadUInt32BigEndian(rest));
        var value = rest.Slice(sizeof(uint), length);
        rest = rest[(sizeof(uint) + length)..];
        return value;
    }
}
