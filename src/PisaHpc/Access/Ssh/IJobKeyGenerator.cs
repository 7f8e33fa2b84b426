namespace PisaHpc.Access.Ssh;

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
