using System.Text.RegularExpressions;
using PisaHpc.Images;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the engine reaches the registries and trusts them. The engine is the one to ask (Docker Engine API, "Get image information from
/// the registry"): a program on the node has other certificates, another proxy and another idea of what may be insecure.
/// </summary>
internal sealed partial class RegistryCheck : INodeCheck
{
    public string Name => "Registry";

    public EvidenceKinds Needs => EvidenceKinds.Registry;

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is null)
        {
            return CheckFinding.NoEngine;
        }

        var answers = evidence.Registries;
        if (answers.Count == 0)
        {
            return CheckFinding.Skipped("no environment's image names a registry", "Set 'registry' in the site definition.");
        }

        var failures = answers.Where(answer => answer.Failure is not null).ToList();
        var worst = failures.Select(answer => Judge(answer.Image, answer.Failure!))
            .OrderByDescending(finding => finding.Result)
            .FirstOrDefault();
        return worst ?? CheckFinding.Passed(
            $"{RegistriesOf(answers)} gave the digests of {answers.Count} {(answers.Count == 1 ? "image" : "images")}");
    }

    private static CheckFinding Judge(string image, HpcException failure)
    {
        var registry = ImageReference.Parse(image).Registry!;
        return failure.Id == ErrorId.ImageNotFound
            ? CheckFinding.Warning(
                $"{registry} answers and has no {image}", "Publish the image, or correct its name in the site definition.")
            : Untrusted().IsMatch(failure.Message)
                ? CheckFinding.Failed(
                    $"{registry} is not trusted: {failure.Message}",
                    "Set engine.registryTrust or engine.registryCertificate in the site definition; then Initialize-HpcNode.")
                : Unauthorised().IsMatch(failure.Message)
                    ? CheckFinding.Warning($"{registry} wants a login: {failure.Message}", "Log the node's engine in: docker login.")
                    : CheckFinding.Failed(
                        $"{registry} does not answer: {failure.Message}",
                        "Check the registry, and the node's name service, route and firewall.");
    }

    private static string RegistriesOf(IEnumerable<RegistryAnswer> answers) =>
        string.Join(", ", answers.Select(answer => ImageReference.Parse(answer.Image).Registry).Distinct(StringComparer.Ordinal));

    [GeneratedRegex("x509|certificate|HTTP response to HTTPS client|tls:", RegexOptions.IgnoreCase)]
    private static partial Regex Untrusted();

    [GeneratedRegex("unauthorized|authentication required|denied|no basic auth", RegexOptions.IgnoreCase)]
    private static partial Regex Unauthorised();
}
