using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class TracedRequestsTests
{
    /// <summary>A span's name has few values (OpenTelemetry, "HTTP spans"), and no container's or image's name is in a trace.</summary>
    [Theory]
    [InlineData("/version", "/version")]
    [InlineData("/v1.41/containers/json?all=true", "/containers/json")]
    [InlineData("/v1.41/containers/create?name=pisahpc-4711-a", "/containers/create")]
    [InlineData("/v1.41/containers/pisahpc-4711-a/start", "/containers/{name}/start")]
    [InlineData("/v1.41/containers/pisahpc-4711-a?force=true", "/containers/{name}")]
    [InlineData("/v1.41/images/registry.lab:5000/pisa/hpc@sha256:01/json", "/images/{name}/json")]
    [InlineData("/v1.41/images/registry.lab:5000/pisa/hpc:1", "/images/{name}")]
    [InlineData("/v1.41/distribution/pisa%2Fhpc/json", "/distribution/{name}/json")]
    [InlineData("/v1.41/exec/0123/start", "/exec/{name}/start")]
    public void A_request_is_known_by_its_path_without_names(string path, string template) =>
        Assert.Equal(template, TracedRequests.TemplateOf(new Uri("http://engine" + path)));
}
