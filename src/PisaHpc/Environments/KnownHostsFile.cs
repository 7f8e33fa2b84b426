namespace PisaHpc.Environments;

/// <summary>A known_hosts file in which each static environment on a node has one line; all other lines stay as they are.</summary>
/// <param name="Path">The file's path; it need not exist yet.</param>
public sealed record KnownHostsFile(string Path)
{
    /// <summary>Whether a host's line stands in the file already.</summary>
    public bool Has(HpcKnownHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Lines().Contains(host.KnownHosts, StringComparer.Ordinal);
    }

    /// <summary>Puts hosts' lines in place of those that the file has for them. It is there whole at every time.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: the file cannot be read or written.</exception>
    public void Put(IReadOnlyCollection<HpcKnownHost> hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        var fields = hosts.Select(host => host.HostsField).ToHashSet(StringComparer.Ordinal);
        var kept = Lines().Where(line => !fields.Contains(line.Split(' ', 2)[0]));
        var text = string.Concat(kept.Concat(hosts.Select(host => host.KnownHosts)).Select(line => line + "\n"));
        var beside = $"{Path}.{Environment.ProcessId}.new";
        Try(() =>
        {
            File.WriteAllText(beside, text);
            File.Move(beside, Path, overwrite: true);
            return true;
        });
    }

    private string[] Lines() => Try(() => File.Exists(Path) ? File.ReadAllLines(Path) : []);

    private T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"The file {Quote.Name(Path)} cannot be written: {Quote.Cause(exception)}", Path,
                "Name a file with -Path that you may write.", exception);
        }
    }
}
