using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// A private key in the hands of SSH.NET, in the one form of each type that it reads rightly, with its certificate if it has one.
/// </summary>
/// <param name="Key">What is offered.</param>
/// <param name="Remark">Why a certificate beside it is passed over; null when none is.</param>
internal sealed record OfferedKey(PrivateKeyFile Key, string? Remark)
{
    /// <summary>Reads a key file and the certificate beside it.</summary>
    /// <exception cref="UnusableKeyException">It cannot be offered.</exception>
    public static OfferedKey Read(string file)
    {
        var bytes = BytesOf(file);
        var text = Encoding.UTF8.GetString(bytes);
        if (PrivateKeyFormats.Read(text) is { } pem)
        {
            return WithCertificate(Encoding.ASCII.GetBytes(pem), file, PrivateKeyFormats.Damaged);
        }

        // What is no PEM (PuTTY's format, ssh.com's) is read by the library alone.
        return IsPublic(text)
            ? throw new UnusableKeyException("is not a private key but a public one")
            : WithCertificate(bytes, file, NoKey);
    }

    private static OfferedKey WithCertificate(byte[] key, string file, Func<Exception, UnusableKeyException> failure)
    {
        var certificateFile = file + "-cert.pub";
        var plain = Open(key, null, failure);
        if (!File.Exists(certificateFile))
        {
            return new OfferedKey(plain, null);
        }

        try
        {
            return new OfferedKey(Open(key, BytesOf(certificateFile), failure), null);
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

    private static UnusableKeyException NoKey(Exception cause) => new($"is not a private key: {cause.Message}", cause);

    private static PrivateKeyFile Open(byte[] key, byte[]? certificate, Func<Exception, UnusableKeyException> failure)
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
            throw failure(exception);
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

    private static bool IsPublic(string text) => ((string[])["ssh-", "ecdsa-", "sk-", "-----BEGIN PUBLIC", "---- BEGIN SSH2 PUBLIC"])
        .Any(start => text.StartsWith(start, StringComparison.Ordinal));
}
