using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Utilities.IO.Pem;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// Private keys in the formats that ssh-keygen and openssl write: OpenSSH's own, PKCS#1 (RFC 8017), SEC 1 (RFC 5915) and PKCS#8 (RFC 5958,
/// RFC 8410). SSH.NET reads most of them, but offers another key than that of an Ed25519 key in PKCS#8, and fails in a way of its own on
/// what openssl writes beside (a block of parameters, a curve in full, a point left out), and on encrypted PKCS#8. So each key is given to
/// it in the one form of its type that it reads rightly. An RSA key's numbers are not looked at: BouncyCastle would try whether they are
/// primes, half a second long, for every node.
/// </summary>
internal static class PrivateKeyFormats
{
    private const string Encrypted = "is encrypted ('client: openssh' asks an agent for it)";
    private const string Begin = "-----BEGIN ";
    private const string Label = "PRIVATE KEY";
    private const string OpenSshLabel = "OPENSSH " + Label;
    private const string RsaLabel = "RSA " + Label;
    private const string EcLabel = "EC " + Label;
    private static readonly DerObjectIdentifier[] Curves =
        [SecObjectIdentifiers.SecP256r1, SecObjectIdentifiers.SecP384r1, SecObjectIdentifiers.SecP521r1];

    /// <summary>Reads the first private key of a PEM file (RFC 7468).</summary>
    /// <returns>
    /// The key as SSH.NET reads it, in PEM: RSA, ECDSA on a curve of NIST, or Ed25519; null when there is no such block in the file.
    /// </returns>
    /// <exception cref="UnusableKeyException">It is encrypted, of another type, or damaged.</exception>
    public static string? Read(string text)
    {
        try
        {
            // The library's reader throws at a file that merely ends in a dash.
            return text.Contains(Begin, StringComparison.Ordinal) && FirstBlock(text) is { } block ? KeyOf(block) : null;
        }
        catch (Exception exception) when (exception is not UnusableKeyException)
        {
            // The library has no exception of its own for a damaged key: it throws whatever the bytes lead it to.
            throw Damaged(exception);
        }
    }

    /// <summary>A key that begins like one and does not go on so.</summary>
    public static UnusableKeyException Damaged(Exception cause) => new($"is a damaged private key: {cause.Message}", cause);

    private static PemObject? FirstBlock(string text)
    {
        using var reader = new PemReader(new StringReader(text));
        while (reader.ReadPemObject() is { } block)
        {
            if (block.Type.EndsWith(Label, StringComparison.Ordinal))
            {
                return block;
            }
        }

        return null;
    }

    private static string KeyOf(PemObject block) => block.Type switch
    {
        "ENCRYPTED " + Label => throw new UnusableKeyException(Encrypted),
        _ when block.Headers.Any(header => header.Value.Contains("ENCRYPTED", StringComparison.Ordinal)) =>
            throw new UnusableKeyException(Encrypted),
        OpenSshLabel => OpenSsh(block.Content),
        RsaLabel => Rsa(block.Content),
        EcLabel => Sec1(ECPrivateKeyStructure.GetInstance(block.Content)),
        Label => Pkcs8(PrivateKeyInfo.GetInstance(block.Content)),
        var other => throw Unsupported(other.Replace(" " + Label, "", StringComparison.Ordinal)),
    };

    private static string OpenSsh(byte[] content)
    {
        var (type, encrypted) = OpenSshPrivateKey.Describe(content);
        return type switch
        {
            _ when type.StartsWith("sk-", StringComparison.Ordinal) =>
                throw new UnusableKeyException($"needs its security device, type {type} ('client: openssh' asks it)"),
            _ when !OpenSshPrivateKey.Types.Contains(type) => throw Unsupported(type),
            _ when encrypted => throw new UnusableKeyException(Encrypted),
            _ => PemEncoding.WriteString(OpenSshLabel, content),
        };
    }

    private static string Rsa(byte[] key) => PemEncoding.WriteString(RsaLabel, RsaPrivateKeyStructure.GetInstance(key).GetDerEncoded());

    private static string Sec1(ECPrivateKeyStructure key) =>
        Pkcs8(new PrivateKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.IdECPublicKey, key.Parameters), key));

    private static string Pkcs8(PrivateKeyInfo key)
    {
        var algorithm = key.PrivateKeyAlgorithm.Algorithm;
        return algorithm switch
        {
            _ when algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption) => Rsa(key.PrivateKey.GetOctets()),
            _ when algorithm.Equals(EdECObjectIdentifiers.id_Ed25519) => Encoded(OpenSshLabel, PrivateKeyFactory.CreateKey(key)),
            _ when algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey) =>
                Encoded(EcLabel, Named((ECPrivateKeyParameters)PrivateKeyFactory.CreateKey(key))),
            _ => throw Unsupported(NameOf(algorithm)),
        };
    }

    private static string Encoded(string label, AsymmetricKeyParameter key) =>
        PemEncoding.WriteString(label, OpenSshPrivateKeyUtilities.EncodePrivateKey(key));

    /// <summary>The key with its curve by name, as ssh knows it; openssl may have written the curve in full.</summary>
    private static ECPrivateKeyParameters Named(ECPrivateKeyParameters key)
    {
        var (curve, point) = (key.Parameters.Curve, key.Parameters.G.GetEncoded(compressed: false));
        return Array.Find(Curves, IsSame) is { } name
            ? new ECPrivateKeyParameters("EC", key.D, name)
            : throw Unsupported(key.PublicKeyParamSet is { } other ? $"EC on {NameOf(other)}" : "EC on another curve than NIST's");

        bool IsSame(DerObjectIdentifier name) => SecNamedCurves.GetByOid(name) is var known
            && known.Curve.Equals(curve) && known.G.GetEncoded(compressed: false).AsSpan().SequenceEqual(point);
    }

    private static string NameOf(DerObjectIdentifier algorithm) => algorithm switch
    {
        _ when algorithm.Equals(X9ObjectIdentifiers.IdDsa) => "DSA",
        _ when algorithm.Equals(PkcsObjectIdentifiers.IdRsassaPss) => "RSA-PSS",
        _ when algorithm.Equals(EdECObjectIdentifiers.id_Ed448) => "Ed448",
        _ => ECNamedCurveTable.GetName(algorithm) ?? algorithm.Id,
    };

    private static UnusableKeyException Unsupported(string type) =>
        new($"is of a type that no login is made with here, {type} (RSA, ECDSA of 256, 384 or 521 bits, and Ed25519 are)");
}

/// <summary>A file that cannot be offered as a private key.</summary>
/// <param name="what">What it is instead: the words after the file's name.</param>
/// <param name="innerException">The parser's failure.</param>
internal sealed class UnusableKeyException(string what, Exception? innerException = null) : Exception(what, innerException);

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
