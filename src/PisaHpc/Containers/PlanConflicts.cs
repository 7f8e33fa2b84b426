using PisaHpc.Access;
using PisaHpc.Access.Login;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>Options that exclude each other are refused while nothing has been touched.</summary>
internal static class PlanConflicts
{
    /// <summary>Checks a request.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PlanConflict"/> with both options and the layers that set them.</exception>
    public static void Check(PlanRequest request)
    {
        var environment = request.Environment;
        if (environment.NetworkMode == NetworkMode.Host && request.PublishedPorts.Count > 0)
        {
            throw Conflict(
                request,
                $"the host network publishes every port already, so port {string.Join(", ", request.PublishedPorts)} cannot be published",
                "network");
        }

        if (environment.Privileged && environment.SecurityOptions.Contains("no-new-privileges"))
        {
            throw Conflict(
                request,
                "privileged and the security option no-new-privileges contradict each other",
                "privileged",
                "securityOptions[no-new-privileges]");
        }

        if (environment.Limits is { ShmBytes: { } shm, MemoryBytes: { } memory } && shm > memory)
        {
            throw Conflict(request, $"/dev/shm of {shm} bytes does not fit into memory of {memory} bytes", "limits.shm", "limits.memory");
        }

        if (environment.Limits is { MemoryBytes: not null, MemoryPerSlotBytes: not null })
        {
            throw Conflict(request, "memory is limited both as a whole and for each slot", "limits.memory", "limits.memoryPerSlot");
        }

        var own = request.AccessMounts.Select(mount => mount.Target).ToHashSet(StringComparer.Ordinal);
        if (environment.Mounts.FirstOrDefault(mount => own.Contains(mount.Target)) is { } hidden)
        {
            throw Conflict(request, $"a mount on {hidden.Target} would hide one that the way in needs", $"mounts[{hidden.Target}]");
        }

        if (request.Access.Port is { } port and < 1024 && request.Access.Kind != AccessKind.Login)
        {
            throw Conflict(request, $"port {port} is privileged, and the container's sshd runs as {request.Workload.Owner.Name}");
        }

        if (PlannedLimits.Unknown(request) is { } unknown)
        {
            throw Conflict(request, $"nobody told {unknown} {request.Workload.Id} was granted there", "limits.fromJob");
        }

        if (request.Access.Kind == AccessKind.Login)
        {
            CheckLogins(request);
            return;
        }

        CheckOwner(request);
    }

    private static void CheckLogins(PlanRequest request)
    {
        if (request.Environment.Way != WayIn.Ssh)
        {
            throw Conflict(request, $"{request.Workload.Id} is entered through an sshd, and its environment has none", "access");
        }

        if (request.Access is LoginAccess login && login.NodePaths.FirstOrDefault(request.Facts.MissingPaths.Contains) is { } missing)
        {
            throw new HpcException(
                ErrorId.MountSourceMissing,
                $"Node {request.Node.Name} has no {missing}, which the logins of {request.Workload.Id} need.",
                request.Node.Name,
                "Change 'logins' of the static environment: 'accounts' says where users come from, 'by' what proves who they are.");
        }
    }

    private static void CheckOwner(PlanRequest request)
    {
        var (workload, owner) = (request.Workload.Id, request.Workload.Owner);
        if (owner.Uid == 0)
        {
            throw new HpcException(
                ErrorId.PlanConflict,
                $"The owner of {workload} is root, and nothing in a container runs as root.",
                request.Node.Name,
                workload.Kind == WorkloadKind.Job ? "Name the user that the job runs as, with -Owner of Get-HpcAllocation." : null);
        }

        if (owner.IdBeyondContainers is { } id)
        {
            throw new HpcException(
                ErrorId.PlanConflict,
                $"The owner of {workload}, {owner.Name}, has {id}: "
                + $"container engines take ids up to {JobOwner.GreatestContainerId}.",
                request.Node.Name,
                "Give the user or group another id; or name the owner in full, without the group: "
                + "Get-HpcAllocation -Owner name:uid:gid,gid.");
        }
    }

    private static HpcException Conflict(PlanRequest request, string what, params string[] options)
    {
        var origins = options
            .Select(request.Environment.OriginOf)
            .OfType<SettingOrigin>()
            .Select(origin => $"{origin.Option} = {origin.Value} from {origin}");
        var reasons = string.Join("; ", origins);
        return new HpcException(
            ErrorId.PlanConflict,
            $"Environment {request.Environment.Name} on {request.Node.Name}: {what}{(reasons.Length > 0 ? $" ({reasons})" : "")}.",
            request.Node.Name);
    }
}
