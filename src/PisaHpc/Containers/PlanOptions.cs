using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>The options of a plan in the words of <c>docker run</c>, each with its origin.</summary>
internal static class PlanOptions
{
    private const string Safety = "always";
    private const string StaticEnvironment = "static environment";

    /// <summary>Lists the options.</summary>
    /// <param name="request">What the plan was made from.</param>
    /// <param name="spec">What the engine is asked for.</param>
    public static IReadOnlyList<PlanOption> Of(PlanRequest request, ContainerSpec spec) =>
    [
        .. Identity(request, spec),
        .. Resources(request, spec),
        .. Security(request, spec),
        .. spec.Mounts.Select(mount => new PlanOption("volume", mount.ToString(), MountOrigin(request, mount))),
        .. spec.Environment.Select(variable => new PlanOption(
            "env", $"{variable.Key}={variable.Value}", VariableOrigin(request, variable.Key))),
        .. request.Access.Agent is null
            ? []
            : request.Environment.UserVariables.Select(rule => new PlanOption(
                rule.Keep ? "keep" : "drop", rule.Name, Origin(request, $"userVariables[{rule.Name}]"))),
        .. spec.Labels.Select(label => new PlanOption(
            "label", label.Key == ContainerLabels.Nodes ? request.Workload.NodesOption : $"{label.Key}={label.Value}", Safety)),
    ];

    private static IEnumerable<PlanOption> Identity(PlanRequest request, ContainerSpec spec)
    {
        yield return new("name", spec.Name, request.Workload.Id.Kind == WorkloadKind.Job ? "job id and attempt" : StaticEnvironment);
        yield return new("image", spec.Image, Origin(request, "image"));
        yield return new("command", string.Join(' ', spec.Command), AccessOrigin(request));
        yield return new("user", spec.User, request.Access.Kind == AccessKind.Login ? AccessOrigin(request) : "owner");
        foreach (var group in spec.Groups)
        {
            yield return new("group-add", group.ToString(CultureInfo.InvariantCulture), "owner");
        }

        yield return new("network", spec.Network.ToString().ToLowerInvariant(), Origin(request, "network"));
        foreach (var port in spec.PublishedPorts)
        {
            yield return new(
                "publish",
                string.Create(CultureInfo.InvariantCulture, $"{port}:{port}"),
                port != request.Access.Port ? "parameter" : request.Service is null ? "port lease" : StaticEnvironment);
        }

        if (spec.Hostname is not null)
        {
            yield return new("hostname", spec.Hostname, Origin(request, "hostname"));
        }
    }

    private static IEnumerable<PlanOption> Resources(PlanRequest request, ContainerSpec spec)
    {
        var granted = request.Workload.Id.Kind == WorkloadKind.Job ? "allocation" : StaticEnvironment;
        var memory = PlannedLimits.Memory(request);
        var values = new (string Name, object? Value, string Origin)[]
        {
            ("cpus", spec.Cpus, granted),
            ("cpuset-cpus", spec.Cpuset, granted),
            ("memory", spec.MemoryBytes, memory.Option is { } option ? Origin(request, option) : granted),
            ("shm-size", spec.ShmBytes, Origin(request, "limits.shm")),
            ("ulimit", spec.MemlockBytes is { } memlock ? $"memlock={memlock}" : null, Origin(request, "limits.memlock")),
            ("ulimit", spec.OpenFiles is { Count: var files } ? $"nofile={files}" : null, Origin(request, HpcEnvironment.OpenFilesOption)),
            ("pids-limit", spec.Pids, Origin(request, "limits.pids")),
        };
        var set = values.Where(value => value.Value is not null)
            .Select(value => new PlanOption(value.Name, Convert.ToString(value.Value, CultureInfo.InvariantCulture)!, value.Origin));
        return set.Concat(spec.Devices.Select(device => new PlanOption("device", device, DeviceOrigin(request, device))));
    }

    private static IEnumerable<PlanOption> Security(PlanRequest request, ContainerSpec spec)
    {
        foreach (var capability in spec.CapabilitiesDropped)
        {
            yield return new("cap-drop", capability, Safety);
        }

        foreach (var capability in spec.Capabilities)
        {
            yield return new(
                "cap-add",
                capability,
                request.Environment.Capabilities.Contains(capability)
                    ? Origin(request, $"capabilities[{capability}]")
                    : AccessOrigin(request));
        }

        foreach (var option in spec.SecurityOptions)
        {
            yield return new("security-opt", option, Origin(request, $"securityOptions[{option}]"));
        }

        if (spec.Privileged)
        {
            yield return new("privileged", "true", Origin(request, "privileged"));
        }

        yield return new("init", spec.Init ? "true" : "false", Origin(request, "init"));
        foreach (var option in Service(request, spec))
        {
            yield return option;
        }
    }

    private static IEnumerable<PlanOption> Service(PlanRequest request, ContainerSpec spec)
    {
        if (request.Service is null)
        {
            return [];
        }

        var init = spec.Tmpfs.Select(directory => new PlanOption("tmpfs", directory, StaticEnvironment));
        return init.Prepend(new PlanOption("restart", SettingWords.Of(spec.Restart), StaticEnvironment))
            .Concat(spec.StopSignal is { } signal ? [new PlanOption("stop-signal", signal, StaticEnvironment)] : []);
    }

    private static string MountOrigin(PlanRequest request, ContainerMount mount) =>
        request.AccessMounts.Contains(mount) ? AccessOrigin(request)
        : request.Environment.OriginOf($"mounts[{mount.Target}]") is null && mount.Source == request.Node.ScratchDirectory ? "allocation"
        : Origin(request, $"mounts[{mount.Target}]");

    private static string VariableOrigin(PlanRequest request, string name) =>
        request.Environment.Variables.ContainsKey(name) ? Origin(request, $"variables[{name}]")
        : request.Access.Kind == AccessKind.Login ? AccessOrigin(request)
        : "owner";

    private static string AccessOrigin(PlanRequest request) => request.Access.Kind switch
    {
        AccessKind.Ssh => "ssh configuration",
        AccessKind.Login => "logins",
        AccessKind.Agent => Origin(request, "access"),
        _ => "exec access",
    };

    private static string DeviceOrigin(PlanRequest request, string device) =>
        request.Environment.DeviceFiles.Any(file => file.Path == device) ? Origin(request, $"deviceFiles[{device}]")
        : request.Devices is null ? $"node {request.Node.Name}, {DevicesOrigin(request)}"
        : "parameter";

    /// <summary>Where the choice of devices came from: its items have one origin each, and those of one list are set together.</summary>
    private static string DevicesOrigin(PlanRequest request) =>
        Origin(request, request.Environment.Devices is [var first, ..] ? $"devices[{first}]" : "devices");

    private static string Origin(PlanRequest request, string option) =>
        request.Environment.OriginOf(option)?.ToString() ?? "built-in";
}

/// <summary>One option of a plan with the reason for it.</summary>
/// <param name="Name">The option as <c>docker run</c> spells it, or the container's agent (keep, drop), without dashes.</param>
/// <param name="Value">Its value, as <c>docker run</c> would take it.</param>
/// <param name="Origin">
/// The layer or object it came from: <c>site defaults (/etc/pisahpc/site.yaml:7)</c>, <c>allocation</c>, <c>port lease</c>.
/// </param>
public sealed record PlanOption(string Name, string Value, string Origin)
{
    /// <summary>The option with its value, as docker run has it.</summary>
    public override string ToString() => $"{Name}={Value}";
}
