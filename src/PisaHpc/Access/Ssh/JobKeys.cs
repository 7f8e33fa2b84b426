namespace PisaHpc.Access.Ssh;

/// <summary>
/// The two key pairs of a job: the one its processes log in with, and the one its sshds prove themselves with. All nodes of a job share
/// both: they are one trust domain, made for one job and removed with it.
/// </summary>
/// <param name="User">The key pair that logs in.</param>
/// <param name="Host">The key pair of the job's sshds.</param>
public sealed record JobKeys(JobKeyPair User, JobKeyPair Host)
{
    /// <summary>The fingerprints: the private keys must not end in a log.</summary>
    public override string ToString() => $"user {User.Fingerprint}, host {Host.Fingerprint}";
}

/// <summary>
/// An ed25519 key pair in OpenSSH's text forms. It holds a secret: never an output, and <see cref="ToString"/> shows the fingerprint.
/// </summary>
/// <param name="PrivateKey">The private key, unencrypted, as <c>ssh-keygen</c> writes it (PROTOCOL.key of OpenSSH).</param>
/// <param name="PublicKey">The public key as <c>ssh-ed25519 BASE64</c>, without a comment.</param>
/// <param name="Fingerprint">The SHA-256 of the public key's blob, as <c>ssh-keygen -l</c> prints it: <c>SHA256:…</c>.</param>
public sealed record JobKeyPair(string PrivateKey, string PublicKey, string Fingerprint)
{
    /// <summary>The fingerprint: the private key must not end in a log.</summary>
    public override string ToString() => Fingerprint;
}

/// <summary>Makes a job's ed25519 keys, and reads them back.</summary>
public interface IJobKeyGenerator
{
    /// <summary>Makes a job's two key pairs from the system's random numbers.</summary>
    JobKeys Make();

    /// <summary>Reads a private key that <see cref="Make"/> made.</summary>
    /// <param name="privateKey">The text of the private key's file.</param>
    /// <returns>The pair; null when the text is not an unencrypted ed25519 private key.</returns>
    JobKeyPair? Read(string privateKey);
}
