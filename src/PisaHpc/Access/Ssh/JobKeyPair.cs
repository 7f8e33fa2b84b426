namespace PisaHpc.Access.Ssh;

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
