using PisaHpc.Devices;

namespace PisaHpc.Containers;

/// <summary>
/// The device files of a plan: those of adapters, by hand or as the environment chooses, and what the environment names beside them.
/// </summary>
internal static class PlannedDevices
{
    /// <summary>
    /// Lists the device files, each once. A job needs verbs, the connection manager, and Omni-Path's own device; umad and issm administer
    /// the fabric and stay out, and with them an adapter that has nothing else.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.DeviceMissing"/>: what was named is not on the node.</exception>
    public static IReadOnlyList<string> Of(PlanRequest request) =>
    [
        .. Chosen(request)
            .Where(device => !device.IsManagementOnly)
            .SelectMany(device => new[] { device.Uverbs, device.RdmaCm, device.Hfi })
            .OfType<string>()
            .Concat(Named(request))
            .Distinct()
            .Order(StringComparer.Ordinal)
    ];

    private static IEnumerable<string> Named(PlanRequest request)
    {
        var (environment, missing) = (request.Environment, request.Facts.MissingPaths);
        if (environment.DeviceFiles.FirstOrDefault(file => !file.Optional && missing.Contains(file.Path)) is { Path: var path })
        {
            var origin = environment.OriginOf($"deviceFiles[{path}]");
            throw new HpcException(
                ErrorId.DeviceMissing,
                $"Node {request.Node.Name} has no {path}, which environment {environment.Name} asks for"
                + (origin is null ? "." : $" ({origin})."),
                request.Node.Name,
                "Load its driver on the node, or mark it 'optional: true' in the site definition.");
        }

        return environment.DeviceFiles.Select(file => file.Path).Where(path => !missing.Contains(path));
    }

    private static IEnumerable<IbDevice> Chosen(PlanRequest request)
    {
        if (request.Devices is { } byHand)
        {
            return byHand.Where(device => device.Node == request.Node.Name);
        }

        var wanted = request.Environment.Devices;
        if (wanted.Contains("none"))
        {
            return [];
        }

        if (wanted.Contains("all"))
        {
            return request.Facts.Devices;
        }

        var missing = wanted.FirstOrDefault(name => request.Facts.Devices.All(device => device.Name != name));
        return missing is null
            ? request.Facts.Devices.Where(device => wanted.Contains(device.Name))
            : throw new HpcException(
                ErrorId.DeviceMissing,
                $"Node {request.Node.Name} has no InfiniBand adapter {missing}, which environment {request.Environment.Name} asks for.",
                request.Node.Name);
    }
}
