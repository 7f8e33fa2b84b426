using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// The mounts of a plan: the environment's, checked against the node, the directory that the batch system made for the job there, and those
/// of the access.
/// </summary>
internal static class PlannedMounts
{
    /// <summary>Lists the mounts.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.MountSourceMissing"/>: a required source does not exist on the node.</exception>
    public static IEnumerable<ContainerMount> Of(PlanRequest request)
    {
        foreach (var mount in request.Environment.Mounts)
        {
            if (!request.Facts.MissingPaths.Contains(mount.Source))
            {
                yield return new ContainerMount(mount.Source, mount.Target, mount.ReadOnly, mount.Propagation);
            }
            else if (!mount.Optional)
            {
                var origin = request.Environment.OriginOf($"mounts[{mount.Target}]");
                throw new HpcException(
                    ErrorId.MountSourceMissing,
                    $"Node {request.Node.Name} has no {mount.Source}, which environment {request.Environment.Name} mounts"
                    + (origin is null ? "." : $" ({origin})."),
                    request.Node.Name);
            }
        }

        if (request.Node.ScratchDirectory is { } scratch && request.Environment.Mounts.All(mount => mount.Target != scratch))
        {
            yield return new ContainerMount(scratch, scratch, ReadOnly: false);
        }

        foreach (var mount in request.AccessMounts)
        {
            yield return mount;
        }
    }
}
