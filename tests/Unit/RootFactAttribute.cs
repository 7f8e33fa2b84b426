namespace PisaHpc.Unit;

/// <summary>A test that has processes of other users, as root alone can.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public const string Why = "Only root can have processes of other users.";

    public RootFactAttribute() => Skip = Environment.IsPrivilegedProcess ? null : Why;
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = Environment.IsPrivilegedProcess ? null : RootFactAttribute.Why;
}
