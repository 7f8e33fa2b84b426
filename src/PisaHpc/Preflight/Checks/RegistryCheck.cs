using System.Text.RegularExpressions;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the engine reaches the registries and trusts them. The engine is the one to ask (Docker Engine API, "Get image information from
/// the registry"): a program on the node has other certificates, another proxy and another idea of what may be insecure.
/// </summary>
internal sealed partial class RegistryCheck : INodeCheck
{
    private const string Plain = "HTTP response to HTTPS client";

    public string Name => "Registry";

    public string About => "the engine reaches the registry of each environment's image and trusts it";

    public EvidenceKinds Needs => EvidenceKinds.Registry;

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is null)
        {
            return CheckFinding.NoEngine(evidence);
        }

        var answers = evidence.Registries;
        if (answers.Count == 0)
        {
            return evidence.Request.Environments.Count == 0
                ? CheckFinding.Skipped("the site has no environment to check it for")
                : CheckFinding.Skipped(
                    "no environment's image names a registry",
                    evidence.Request.Site.Registry is null ? "Set 'registry' in the site definition." : null);
        }

        var failures = answers.Where(answer => answer.Failure is not null).ToList();
        var worst = failures.Select(answer => Judge(evidence.Request.Site, answer.Image, answer.Failure!))
            .OrderByDescending(finding => finding.Result)
            .FirstOrDefault();
        return worst ?? CheckFinding.Passed(
            $"{RegistriesOf(answers)} gave the digests of {Plural.Of(answers.Count, "image")}");
    }

    private static CheckFinding Judge(HpcSite site, string image, HpcException failure)
    {
        var registry = ImageReference.Parse(image).Registry!;
        var engine = site.Nodes.EngineAdministration;
        return failure.Id == ErrorId.ImageNotFound
            ? CheckFinding.Warning(
                $"{registry} answers and has no {image}", "Publish the image, or correct its name in the site definition.")
            : Untrusted().IsMatch(failure.Message)
                ? CheckFinding.Failed(
                    $"{registry} is not trusted: {failure.Message}",
                    TrustRemedy(site, registry, isPlain: failure.Message.Contains(Plain, StringComparison.Ordinal)))
                : Unauthorised().IsMatch(failure.Message)
                    ? CheckFinding.Warning(
                        $"{registry} wants a login: {failure.Message}", $"Log the node's engine in: {engine.Terms.LoginCommand}.")
                    : CheckFinding.Failed(
                        $"{registry} does not answer: {failure.Message}",
                        "Check the registry, and the node's name service, route and firewall.");
    }

    /// <summary>
    /// What the site says already is only to be brought to the node; what it says of its registry is said of no other one.
    /// </summary>
    private static string TrustRemedy(HpcSite site, string registry, bool isPlain) => site.Engine switch
    {
        _ when registry != site.Registry =>
            $"It is not the site's registry, whose trust Initialize-HpcNode sees to: put its authority's certificate on the node as "
            + $"{site.Nodes.EngineAdministration.CertificateFile(registry)}, or name it in "
            + $"{site.Nodes.EngineAdministration.Terms.InsecureRegistriesKey} of the engine's configuration.",
        { RegistryIsInsecure: true } => "The site definition says registryTrust: insecure; bring it to the node: Initialize-HpcNode.",
        _ when isPlain => "It speaks without TLS: set engine.registryTrust to insecure in the site definition; then Initialize-HpcNode.",
        { RegistryCertificate: { } file } =>
            $"Bring {file}, the site's engine.registryCertificate, to the node: Initialize-HpcNode. If it is there already, it is not of "
            + "the authority that signed the registry's.",
        { RegistryIsInsecure: false } => "Set engine.registryCertificate in the site definition; then Initialize-HpcNode.",
        _ => "Set engine.registryCertificate, or engine.registryTrust to insecure, in the site definition; then Initialize-HpcNode.",
    };

    private static string RegistriesOf(IEnumerable<RegistryAnswer> answers) =>
        string.Join(", ", answers.Select(answer => ImageReference.Parse(answer.Image).Registry).Distinct(StringComparer.Ordinal));

    [GeneratedRegex("x509|certificate|HTTP response to HTTPS client|tls:", RegexOptions.IgnoreCase)]
    private static partial Regex Untrusted();

    [GeneratedRegex("unauthorized|authentication required|denied|no basic auth", RegexOptions.IgnoreCase)]
    private static partial Regex Unauthorised();
}
