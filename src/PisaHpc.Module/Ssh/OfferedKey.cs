using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace PisaHpc.Ssh;

/// <summary>
/// A private key in the hands of SSH.NET, in the one form of each type that it reads rightly, with its certificate if it has one.
/// </summary>
/// <param name="Key">What is offered.</param>
/// <param name="Remark">Why a certificate beside it is passed over; null when none is.</param>
internal sealed record OfferedKey(PrivateKeyFile Key, string? Remark)
{
    /// <summary>Reads a key file and the certificate beside it.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="UnusableKeyException">It cannot be offered.</exception>
    public static OfferedKey Read(string file)
    {
        var bytes = BytesOf(file);
        var text = Encoding.UTF8.GetString(bytes);
        var pem = PrivateKeyFormats.Read(text) is { } key ? Encoding.ASCII.GetBytes(PemOf(key)) : null;
        if (pem is null && IsPublic(text))
        {
            throw new UnusableKeyException("is not a private key but a public one");
        }

        // What is no PEM (PuTTY's format, ssh.com's) is read by the library alone.
        return WithCertificate(pem ?? bytes, file + "-cert.pub");
    }

    private static OfferedKey WithCertificate(byte[] key, string certificateFile)
    {
        var plain = Open(key, null);
        if (!File.Exists(certificateFile))
        {
            return new OfferedKey(plain, null);
        }

        try
        {
            return new OfferedKey(Open(key, BytesOf(certificateFile)), null);
        }
        catch (UnusableKeyException exception)
        {
            // As ssh(1) does it: the key is good without.
            return new OfferedKey(plain, $"{certificateFile} is passed over: {ReasonOf(exception)}");
        }
    }

    private static string ReasonOf(UnusableKeyException failure) => failure.InnerException switch
    {
        ArgumentException => "it is not a certificate of this key",
        SshException => "it is not a certificate",
        { } cause => cause.Message,
        null => failure.Message,
    };

    private static PrivateKeyFile Open(byte[] key, byte[]? certificate)
    {
        try
        {
            return new PrivateKeyFile(new MemoryStream(key), null, certificate is null ? null : new MemoryStream(certificate));
        }
        catch (SshPassPhraseNullOrEmptyException exception)
        {
            throw new UnusableKeyException("is encrypted ('client: openssh' asks an agent for it)", exception);
        }
        catch (Exception exception)
        {
            // The library lets through whatever its parsers throw.
            throw new UnusableKeyException($"is not a private key: {exception.Message}", exception);
        }
    }

    private static byte[] BytesOf(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableKeyException($"cannot be read: {exception.Message}", exception);
        }
    }

    private static string PemOf(AsymmetricKeyParameter key) => PemEncoding.WriteString(
        key switch
        {
            RsaPrivateCrtKeyParameters => "RSA PRIVATE KEY",
            ECPrivateKeyParameters => "EC PRIVATE KEY",
            _ => "OPENSSH PRIVATE KEY",
        },
        OpenSshPrivateKeyUtilities.EncodePrivateKey(key));

    private static bool IsPublic(string text) => ((string[])["ssh-", "ecdsa-", "sk-", "-----BEGIN PUBLIC", "---- BEGIN SSH2 PUBLIC"])
        .Any(start => text.StartsWith(start, StringComparison.Ordinal));
}
