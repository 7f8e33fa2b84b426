namespace PisaHpc.Containers;

/// <summary>One option of a plan with the reason for it.</summary>
/// <param name="Name">The option as <c>docker run</c> spells it, without dashes.</param>
/// <param name="Value">Its value, as <c>docker run</c> would take it.</param>
/// <param name="Origin">
/// The layer or object it came from: <c>site defaults (/etc/pisahpc/site.yaml:7)</c>, <c>allocation</c>, <c>port lease</c>.
/// </param>
public sealed record PlanOption(string Name, string Value, string Origin);
