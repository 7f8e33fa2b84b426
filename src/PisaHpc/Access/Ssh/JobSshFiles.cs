using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using PisaHpc.Access.Agent;
using PisaHpc.Batch;
using PisaHpc.Sites;

namespace PisaHpc.Access.Ssh;

/// <summary>The files of a job's directory: keys, known_hosts, client and server configuration, accounts, and MPI host files.</summary>
public static partial class JobSshFiles
{
    /// <summary>The private key that logs in.</summary>
    public const string UserKey = "id_ed25519";

    /// <summary>The private key of the job's sshds.</summary>
    public const string HostKey = "host_ed25519_key";

    /// <summary>The keys that may log in.</summary>
    public const string AuthorizedKeys = "authorized_keys";

    /// <summary>The host keys of the job's sshds.</summary>
    public const string KnownHosts = "known_hosts";

    /// <summary>The configuration that <c>ssh -F</c> takes.</summary>
    public const string ClientConfig = "ssh_config";

    /// <summary>The configuration that <c>sshd -f</c> takes.</summary>
    public const string ServerConfig = "sshd_config";

    /// <summary>The users that the container knows, passwd(5).</summary>
    public const string Passwd = "passwd";

    /// <summary>The groups that the container knows, group(5).</summary>
    public const string Group = "group";

    /// <summary>Makes the files.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a port, path, user or node name that the files cannot carry.
    /// </exception>
    public static IReadOnlyList<JobFile> For(JobSshRequest request)
    {
        Check(request);
        var files = new List<JobFile>
        {
            new(UserKey, JobFile.Secret, request.Keys.User.PrivateKey),
            new(UserKey + ".pub", JobFile.Readable, $"{request.Keys.User.PublicKey} job-{request.Allocation.JobId}\n"),
            new(HostKey, JobFile.Secret, request.Keys.Host.PrivateKey),
            new(HostKey + ".pub", JobFile.Readable, $"{request.Keys.Host.PublicKey} job-{request.Allocation.JobId}\n"),
            new(AuthorizedKeys, JobFile.Secret, $"{request.Keys.User.PublicKey} job-{request.Allocation.JobId}\n"),
            new(KnownHosts, JobFile.Readable, JobKnownHosts.Text(request)),
            new(ClientConfig, JobFile.Readable, ClientConfiguration.Text(request)),
            new(ServerConfig, JobFile.Readable, ServerConfiguration.Text(request)),
            new(Passwd, JobFile.Readable, ContainerAccounts.Passwd(request.Allocation.Owner, request.Shell)),
            new(Group, JobFile.Readable, ContainerAccounts.Group(request.Allocation.Owner, request.GroupNames)),
            new(MpiHostFile.NameFor(MpiFlavour.OpenMpi), JobFile.Readable, MpiHostFile.Text(MpiFlavour.OpenMpi, request.Allocation.Nodes)),
            new(MpiHostFile.NameFor(MpiFlavour.Mpich), JobFile.Readable, MpiHostFile.Text(MpiFlavour.Mpich, request.Allocation.Nodes)),
            new(HydraAgent.FileName, JobFile.Readable, HydraAgent.Text),
            new(JobSshRecord.FileName, JobFile.Readable, JobSshRecord.Of(request).ToJson()),
            JobFile.Directory(JobAgent.SocketDirectory),
        };
        if (request.HostBased)
        {
            files.AddRange(HostBasedFiles.For(request));
        }

        return files;
    }

    /// <summary>Checks a request, as <see cref="For"/> does first.</summary>
    /// <param name="request">The job; its keys are not looked at.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, as for <see cref="For"/>.</exception>
    public static void Check(JobSshRequest request)
    {
        Require(request.Port is > 0 and <= IPEndPoint.MaxPort, request.Port, $"is not a TCP port: expected 1 to {IPEndPoint.MaxPort}");
        Require(
            PlainPath().IsMatch(request.Directory),
            request.Directory,
            "is not an absolute path of plain characters, as ssh's configuration needs it");
        Require(PlainPath().IsMatch(request.Shell), request.Shell, "is not an absolute path of a login shell");
        Require(request.Allocation.Nodes.Count > 0, request.Allocation.JobId, "has no node");
        foreach (var name in request.Names)
        {
            Require(HostName().IsMatch(name), name, "is not a host's name or address");
        }

        CheckOwner(request.Allocation.Owner);
    }

    private static void CheckOwner(JobOwner owner)
    {
        Require(Account().IsMatch(owner.Name), owner.Name, "is not a login name that passwd(5) can carry");
        Require(
            owner.Home.StartsWith('/') && !owner.Home.Any(c => c == ':' || char.IsControl(c)),
            owner.Home,
            "is not a home directory that passwd(5) can carry");
    }

    private static void Require(bool good, object value, string problem)
    {
        if (!good)
        {
            throw new HpcException(ErrorId.InvalidValue, $"{Quote.Of(value)} {problem}.", value);
        }
    }

    [GeneratedRegex(@"^(/[A-Za-z0-9._@+-]+)+\z")]
    private static partial Regex PlainPath();

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9._-]*|[0-9A-Fa-f:.]+)\z|^::[0-9A-Fa-f:.]*\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"^[^\s:,#-][^\s:,]*\z")]
    private static partial Regex Account();
}

/// <summary>A file of a job's directory, or an empty directory in it.</summary>
/// <param name="Name">The name, without a path.</param>
/// <param name="Mode">The permissions.</param>
/// <param name="Content">The text; lines end with a line feed. Null for a directory.</param>
public sealed record JobFile(string Name, UnixFileMode Mode, string? Content)
{
    /// <summary>The permissions of a secret: 0600.</summary>
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The permissions of everything else: 0644, inside a directory that only its owner enters.</summary>
    public const UnixFileMode Readable = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>A directory that its owner alone enters.</summary>
    public static JobFile Directory(string name) => new(name, Secret | UnixFileMode.UserExecute, Content: null);

    /// <summary>Name and mode: the content may be a secret and must not end in a log.</summary>
    public override string ToString() => $"{Name} {Convert.ToString((int)Mode, 8)}";

    /// <summary>The content in UTF-8.</summary>
    public byte[] GetBytes() => Encoding.UTF8.GetBytes(Content ?? "");
}

/// <summary>
/// What host-based authentication needs beside the key's files. OpenSSH reads these from paths compiled into it, so the container sees
/// them mounted there (<see cref="JobSshMounts"/>). It also needs a setuid-root <c>ssh-keysign</c> in the image, a container that
/// may gain privileges (no <c>no-new-privileges</c>, capabilities SETUID, SETGID and DAC_READ_SEARCH kept), and names that resolve
/// both ways on the nodes. Where one of these is missing ssh falls back to the job's key, which is always there.
/// </summary>
public static class HostBasedFiles
{
    /// <summary>The hosts that are trusted, as <c>/etc/ssh/shosts.equiv</c> lists them.</summary>
    public const string Trusted = "shosts.equiv";

    /// <summary>The known hosts by plain name, as <c>/etc/ssh/ssh_known_hosts</c> lists them: sshd looks them up without a port.</summary>
    public const string SystemKnownHosts = "ssh_known_hosts";

    /// <summary>Makes the files.</summary>
    public static IReadOnlyList<JobFile> For(JobSshRequest request) =>
    [
        new(Trusted, JobFile.Readable, string.Concat(request.Names.Select(name => name + "\n"))),
        new(SystemKnownHosts, JobFile.Readable, JobKnownHosts.PlainText(request)),
    ];
}
