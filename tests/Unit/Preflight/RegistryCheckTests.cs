using PisaHpc.Engines;
using PisaHpc.Preflight;
using PisaHpc.Preflight.Checks;
using static PisaHpc.Preflight.CheckResult;

namespace PisaHpc.Unit.Preflight;

/// <summary>What a registry that refuses an engine comes to, and a remedy that fits what the site says of it.</summary>
public sealed class RegistryCheckTests
{
    private const string Unsigned = "x509: certificate signed by unknown authority";
    private const string Plain = "http: server gave HTTP response to HTTPS client";

    private static readonly NodeEvidence Fit = Evidence.OfAFitNode;

    [Theory]
    [InlineData(ErrorId.ImageNotFound, "manifest unknown", Warning, "has no")]
    [InlineData(ErrorId.ImagePullFailed, Unsigned, Failed, "not trusted")]
    [InlineData(ErrorId.ImagePullFailed, Plain, Failed, "not trusted")]
    [InlineData(ErrorId.ImagePullFailed, "unauthorized: authentication required", Warning, "login")]
    [InlineData(ErrorId.ImagePullFailed, "dial tcp 10.10.13.254:5000: connect: connection refused", Failed, "does not answer")]
    internal void A_registry_that_says_no(ErrorId id, string words, CheckResult result, string evidence)
    {
        var found = Examine(Fit with { Registries = [new("registry.lab:5000/pisa/hpc:deb12", new HpcException(id, words))] });
        Assert.Equal(result, found.Result);
        Assert.Contains(evidence, found.Evidence, StringComparison.Ordinal);
        Assert.NotEmpty(found.Remedy!);
    }

    [Theory]
    [InlineData(true, null, Unsigned, "says registryTrust: insecure; bring it to the node: Initialize-HpcNode.")]
    [InlineData(null, "/etc/site/ca.crt", Unsigned, "Bring /etc/site/ca.crt, the site's engine.registryCertificate, to the node")]
    [InlineData(null, "/etc/site/ca.crt", Plain, "set engine.registryTrust to insecure")]
    [InlineData(false, null, Unsigned, "Set engine.registryCertificate in")]
    [InlineData(null, null, Unsigned, "Set engine.registryCertificate, or engine.registryTrust to insecure, in")]
    internal void A_registry_that_is_not_trusted_has_a_remedy_that_does_not_stand_in_the_site_already(
        bool? insecure, string? certificate, string words, string remedy)
    {
        var site = Evidence.Site with { Engine = new EngineSettings { RegistryIsInsecure = insecure, RegistryCertificate = certificate } };
        var evidence = Fit with
        {
            Request = Fit.Request with { Site = site },
            Registries = [new("registry.lab:5000/pisa/hpc:deb12", new HpcException(ErrorId.ImagePullFailed, words))],
        };
        Assert.Contains(remedy, Examine(evidence).Remedy, StringComparison.Ordinal);
        var another = evidence with { Registries = [new("other.example/hpc:1", new HpcException(ErrorId.ImagePullFailed, words))] };
        Assert.Contains("/etc/docker/certs.d/other.example/ca.crt", Examine(another).Remedy, StringComparison.Ordinal);
    }

    private static CheckFinding Examine(NodeEvidence evidence) => new RegistryCheck().Examine(evidence);
}
