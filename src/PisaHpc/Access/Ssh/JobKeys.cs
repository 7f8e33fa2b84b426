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
