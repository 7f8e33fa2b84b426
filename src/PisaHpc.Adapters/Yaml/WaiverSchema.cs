using System.Globalization;
using System.Text.Json.Nodes;
using PisaHpc.Audit;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using WaiverKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.AuditWaiver>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of waivers.</summary>
internal static class WaiverSchema
{
    private static readonly Shape<string> Pattern = Text("a name, in which * and ? stand for other characters", "^\\S+$");

    private static readonly Shape<DateOnly> Day = Scalar(
        "a date, such as 2027-06-30",
        node => DateOnly.TryParseExact(node.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? Said(day, node)
            : null,
        () => new JsonObject { ["type"] = "string", ["format"] = "date" });

    private static readonly Shape<AuditWaiver> Waiver = Map(
        new AuditWaiver { Check = "", Reason = "" },
        [
            WaiverKey.Of(
                "check", Word([.. ContainerChecks.Names.Select(name => (name, name))]),
                (waiver, name) => waiver with { Check = name.Value },
                "The check of Test-HpcContainer whose findings are waived.", required: true),
            WaiverKey.Of(
                "environment", Pattern, (waiver, pattern) => waiver with { Environment = pattern.Value },
                "The environments, by name or pattern, jobs' containers and static ones alike."),
            WaiverKey.Of(
                "static", Pattern, (waiver, pattern) => waiver with { Static = pattern.Value },
                "The static environments, by name or pattern."),
            WaiverKey.Of(
                "image", Pattern, (waiver, pattern) => waiver with { Image = pattern.Value },
                "The images, with registry and tag and without a digest, by name or pattern."),
            WaiverKey.Of(
                "severity", Word([.. Enum.GetNames<AuditSeverity>().Select(name => (name, name))]),
                (waiver, severity) => waiver with { Severity = severity.Value },
                "How bad a finding may be that is waived; Warning when left out, so that an Error stays open."),
            WaiverKey.Of(
                "reason", Text("a reason in words", "\\S"), (waiver, reason) => waiver with { Reason = reason.Value.Trim() },
                "Why the site lives with it.", required: true),
            WaiverKey.Of(
                "until", Day, (waiver, day) => waiver with { Until = day.Value },
                "The last day, of UTC, on which it holds; it has no end when left out."),
        ],
        finish: CheckPatterns);

    /// <summary>The waivers.</summary>
    public static Shape<ListSetting<AuditWaiver>> Waivers { get; } = List(Waiver);

    /// <summary>A waiver for whatever comes would hide what nobody thought of.</summary>
    private static AuditWaiver? CheckPatterns(AuditWaiver waiver, DefinitionNode node, string path, SiteReading reading)
    {
        if (waiver is not { Environment: null, Static: null, Image: null })
        {
            return waiver with { Position = node.Position };
        }

        reading.Error(
            "MissingKey", node, path, "it is not said what is waived: 'environment', 'static' and 'image' are missing",
            "Add one of them; environment: '*' means all that the module starts.");
        return null;
    }
}
