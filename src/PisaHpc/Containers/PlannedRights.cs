using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Access.Login;

namespace PisaHpc.Containers;

/// <summary>
/// Whom a container runs as, and with which capabilities: a job's as its owner with none that the site does not name, a static
/// environment's as root with those by which an sshd lets users in.
/// </summary>
internal static class PlannedRights
{
    /// <summary>The user and group, as <c>uid:gid</c>.</summary>
    public static string User(PlanRequest request)
    {
        var owner = request.Workload.Owner;
        return IsLogin(request) ? "0:0" : string.Create(CultureInfo.InvariantCulture, $"{owner.Uid}:{owner.Gid}");
    }

    /// <summary>The supplementary groups.</summary>
    public static IReadOnlyList<uint> Groups(PlanRequest request)
    {
        var owner = request.Workload.Owner;
        return IsLogin(request) ? [] : [.. owner.Groups.Where(gid => gid != owner.Gid)];
    }

    /// <summary>The capabilities dropped: all of them, but where the image's own init needs what engines give by themselves.</summary>
    public static IReadOnlyList<string> CapabilitiesDropped(PlanRequest request) =>
        request.Environment.Privileged || request.Service?.ImageInit is not null ? [] : ["ALL"];

    /// <summary>The capabilities added.</summary>
    public static IReadOnlyList<string> Capabilities(PlanRequest request) =>
        request.Access is LoginAccess login && CapabilitiesDropped(request).Count > 0
            ? [.. request.Environment.Capabilities.Union(login.Capabilities)]
            : request.Environment.Capabilities;

    private static bool IsLogin(PlanRequest request) => request.Access.Kind == AccessKind.Login;
}
