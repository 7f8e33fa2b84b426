namespace PisaHpc.Views;

/// <summary>A length of time in few letters, its two largest units: <c>42s</c>, <c>3h12m</c>, <c>6d4h</c>.</summary>
public static class ElapsedTime
{
    /// <summary>The time since a moment; empty for none. A moment to come, as by a clock that goes ahead, is no time ago.</summary>
    public static string Since(DateTimeOffset? moment) =>
        moment is { } at ? Short(DateTimeOffset.UtcNow - at) : "";

    /// <summary>The time until a moment; empty for none. One that is past is <c>0s</c>.</summary>
    public static string Until(DateTimeOffset? moment) =>
        moment is { } at ? Short(at - DateTimeOffset.UtcNow) : "";

    /// <summary>A length of time; a negative one is <c>0s</c>.</summary>
    public static string Short(TimeSpan time) => time switch
    {
        { Ticks: <= 0 } => "0s",
        { TotalMinutes: < 1 } => $"{time.Seconds}s",
        { TotalHours: < 1 } => $"{time.Minutes}m{time.Seconds:00}s",
        { TotalDays: < 1 } => $"{time.Hours}h{time.Minutes:00}m",
        _ => $"{time.Days}d{time.Hours:00}h",
    };
}
