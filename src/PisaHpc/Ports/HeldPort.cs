using System.Globalization;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>A job's link as it was found in the area.</summary>
/// <param name="JobId">The job, as its record names it, else as the link's name does.</param>
/// <param name="Link">The link's path.</param>
/// <param name="Status">What it stands for.</param>
/// <param name="Port">The port whose file that is.</param>
/// <param name="Record">The record that names this job; null when there is none.</param>
/// <param name="Outdone">Whether the port's record names another job that is linked too: this one lost, and has yet to go.</param>
internal sealed record HeldPort(string JobId, string Link, FileStatus Status, int Port, LeaseRecord? Record, bool Outdone)
{
    /// <summary>Whether the job may rely on the port.</summary>
    public LeaseState StateAt(DateTimeOffset now) => Record switch
    {
        null => Outdone ? LeaseState.Incomplete : LeaseState.Leased,
        { State: ClaimState.Claimed } => LeaseState.Incomplete,
        _ => now < Record.ExpiresAt ? LeaseState.Leased : LeaseState.Expired,
    };

    /// <summary>The lease as others see it.</summary>
    /// <param name="area">The area's path.</param>
    public JobPort ToJobPort(string area, DateTimeOffset now) => Record?.ToJobPort(area, StateAt(now)) ?? new JobPort
    {
        Port = Port,
        JobId = JobId,
        Owner = OwnerOfFile(Status.Uid),
        LeasedAt = Status.ChangedAt,
        State = StateAt(now).ToString(),
        Path = area,
    };

    /// <summary>The lease after it was taken back.</summary>
    /// <param name="area">The area's path.</param>
    /// <param name="reason">Why it was.</param>
    public ReleasedPort ToReleasedPort(string area, ReleaseReason reason) => new()
    {
        JobId = JobId,
        Port = Port,
        Owner = Record?.Owner ?? OwnerOfFile(Status.Uid),
        NodeSlots = Record?.Nodes,
        Reason = reason.ToString(),
        Path = area,
    };

    private static string OwnerOfFile(uint uid) => PasswdEntry.ByUid(uid)?.Name ?? uid.ToString(CultureInfo.InvariantCulture);
}
