namespace PisaHpc.Sites;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>The definition works, and an admin should know this of it.</summary>
    Warning,

    /// <summary>The definition cannot be used.</summary>
    Error,
}
