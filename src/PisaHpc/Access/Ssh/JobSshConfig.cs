using PisaHpc.HostLists;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// A job's ssh identity, as it lies in <see cref="Directory"/> on each of its nodes: user key, host key, authorized_keys, known_hosts,
/// client and server configuration. No secret is in this object.
/// </summary>
public sealed record JobSshConfig
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The port on which the job's sshd listens on each node.</summary>
    public required int Port { get; init; }

    /// <summary>The login name that the sshd lets in, and no other.</summary>
    public required string User { get; init; }

    /// <summary>The nodes.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>The directory on each node's tmpfs: /run/pisahpc/JOB, mode 0700, owned by the user.</summary>
    public required string Directory { get; init; }

    /// <summary>The fingerprint of the job's user key, as <c>SHA256:…</c>.</summary>
    public required string KeyFingerprint { get; init; }

    /// <summary>The fingerprint of the job's host key, as <c>SHA256:…</c>.</summary>
    public required string HostKeyFingerprint { get; init; }

    /// <summary>The client configuration that <c>ssh -F</c> takes, on each node and in each container.</summary>
    public string ClientConfig => Directory + "/ssh_config";

    /// <summary>The server configuration that <c>sshd -f</c> takes.</summary>
    public string ServerConfig => Directory + "/sshd_config";

    /// <summary>Whether host-based authentication is offered beside the key.</summary>
    public bool HostBased { get; init; }

    /// <summary>Whether this call changed anything.</summary>
    public bool Changed { get; init; }

    /// <summary>Whose it is and where.</summary>
    public override string ToString() => $"job {JobId}: {User} at port {Port} of {NodeList}";
}

/// <summary>What became of a job's ssh configuration on one node.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Node">The node.</param>
/// <param name="Directory">The directory that is gone.</param>
/// <param name="Changed">Whether it was there: false when it had been removed before.</param>
public sealed record JobSshRemoval(string JobId, string Node, string Directory, bool Changed)
{
    /// <summary>What is gone, and where.</summary>
    public override string ToString() => $"{Node}: {Directory} {(Changed ? "is removed" : "was not there")}";
}
