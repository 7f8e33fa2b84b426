using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Org.BouncyCastle.Security;
using PisaHpc.Access.Ssh;

namespace PisaHpc.Adapters.Ssh;

/// <summary>Ed25519 key pairs in OpenSSH's forms; .NET has neither the curve nor the encoding.</summary>
internal sealed class Ed25519KeyGenerator : IJobKeyGenerator
{
    private const string Begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string End = "-----END OPENSSH PRIVATE KEY-----";

    /// <inheritdoc/>
    public JobKeys Make() => new(NewPair(), NewPair());

    /// <inheritdoc/>
    public JobKeyPair? Read(string privateKey)
    {
        var text = privateKey.Trim();
        if (!text.StartsWith(Begin, StringComparison.Ordinal) || !text.EndsWith(End, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var blob = Convert.FromBase64String(text[Begin.Length..^End.Length]);
            return OpenSshPrivateKeyUtilities.ParsePrivateKeyBlob(blob) is Ed25519PrivateKeyParameters key
                ? PairOf(key) with { PrivateKey = privateKey }
                : null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    private static JobKeyPair NewPair() => PairOf(new Ed25519PrivateKeyParameters(new SecureRandom()));

    private static JobKeyPair PairOf(Ed25519PrivateKeyParameters key)
    {
        var blob = OpenSshPublicKeyUtilities.EncodePublicKey(key.GeneratePublicKey());
        return new JobKeyPair(
            Armoured(OpenSshPrivateKeyUtilities.EncodePrivateKey(key)),
            "ssh-ed25519 " + Convert.ToBase64String(blob),
            "SHA256:" + Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('='));
    }

    private static string Armoured(byte[] key)
    {
        var text = new StringBuilder(Begin).Append('\n');
        foreach (var line in Convert.ToBase64String(key).Chunk(70))
        {
            text.Append(line).Append('\n');
        }

        return text.Append(End).Append('\n').ToString();
    }
}
