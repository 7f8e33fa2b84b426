using PisaHpc.Devices;

namespace PisaHpc.Containers;

/// <summary>The device files of a plan: by hand, or the node's as the environment chooses.</summary>
internal static class PlannedDevices
{
    /// <summary>
    /// Lists the device files, each once. A job needs verbs, the connection manager, and Omni-Path's own device; umad and issm administer
    /// the fabric and stay out, and with them an adapter that has nothing else.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.DeviceMissing"/>: an adapter that was named is not on the node.</exception>
    public static IReadOnlyList<string> Of(PlanRequest request) =>
    [
        .. Chosen(request)
            .Where(device => !device.IsManagementOnly)
            .SelectMany(device => new[] { device.Uverbs, device.RdmaCm, device.Hfi })
            .OfType<string>()
            .Distinct()
            .Order(StringComparer.Ordinal)
    ];

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
