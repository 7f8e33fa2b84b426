namespace PisaHpc.Engines;

/// <summary>How many files each process of a container may have open: RLIMIT_NOFILE, soft and hard alike (getrlimit(2)).</summary>
/// <param name="Count">The limit.</param>
/// <param name="Required">
/// Whether a layer of the site or a parameter asked for it: a node that allows fewer then refuses the container. The limit that holds when
/// nobody asks gives way there, to what the node's engine gives by itself.
/// </param>
public sealed record OpenFilesLimit(long Count, bool Required);
