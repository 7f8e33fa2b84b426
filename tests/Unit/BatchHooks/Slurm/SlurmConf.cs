using System.Text;
using PisaHpc.BatchHooks.Slurm;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>A slurm.conf with what it includes, as texts.</summary>
internal static class SlurmConf
{
    public const string Path = "/etc/slurm/slurm.conf";

    /// <summary>A request that leaves Slurm's default of 120 s for credentials alone.</summary>
    public static SlurmConfRequest Request { get; } = new() { Deadline = TimeSpan.FromSeconds(80) };

    public static Task<SlurmConfiguration> ReadAsync(string text, params (string Path, string Text)[] included)
    {
        var files = included.Append((Path, Text: text)).ToDictionary(file => file.Item1, file => file.Item2);
        return SlurmConfiguration.ReadAsync(
            Path, path => Task.FromResult(files.TryGetValue(path, out var found) ? Encoding.Latin1.GetBytes(found) : null));
    }

    /// <summary>The files after the hooks were joined, the first of them slurm.conf.</summary>
    public static async Task<IReadOnlyList<SlurmConfFile>> JoinedAsync(
        string text, SlurmConfRequest? request = null, params (string Path, string Text)[] included) =>
        SlurmConfPlan.Of(await ReadAsync(text, included), request ?? Request).Files;

    /// <summary>The lines of ours in a text, without their marks.</summary>
    public static IReadOnlyList<string> Ours(string text) =>
        [.. text.Split('\n').Where(line => line.Contains(" # PisaHpc:", StringComparison.Ordinal)).Select(line => line.Split(" # PisaHpc:")[0])];

    public static async Task<HpcException> RefusedAsync(string text, SlurmConfRequest? request = null)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => JoinedAsync(text, request));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith("/etc/slurm/slurm.conf, line ", failure.Message, StringComparison.Ordinal);
        return failure;
    }
}
