using System.Globalization;

namespace PisaHpc.Sites;

/// <summary>The ports that a kernel hands out by itself to outgoing connections (ip_local_port_range, ip(7)).</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
public sealed record EphemeralPorts(int First, int Last)
{
    /// <summary>Where Linux says it.</summary>
    public const string KernelFile = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>This machine's range.</summary>
    /// <param name="file">The kernel's file.</param>
    /// <returns>The range; null on a machine without the file, which is not Linux.</returns>
    public static EphemeralPorts? Read(string file = KernelFile)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        var numbers = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return new EphemeralPorts(int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
