using System.Text.Json;
using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class EngineMessagesTests
{
    [Fact]
    public async Task A_message_is_a_line()
    {
        const string Body = "{\"status\":\"sha256:ab\"}\r\n\n{\"errorDetail\":{\"message\":\"no\"}}";
        using var answer = new HttpResponseMessage { Content = new StringContent(Body) };
        var messages = await EngineMessages.ReadAsync(answer, CancellationToken.None).ToListAsync();
        Assert.Equal([("sha256:ab", null), (null, "no")], messages.Select(message => (message.Status, message.Error?.Message)));
    }

    [Theory]
    [InlineData("""{"status":"Pushing","progressDetail":{"current":12,"total":100},"progress":"[>]","id":"36672991"}""", "36672991", "Pushing", 12, 100)]
    [InlineData("""{"status":"Preparing","progressDetail":{},"id":"36672991"}""", "36672991", "Preparing", 0, 0)]
    public void A_push_tells_of_its_layers(string line, string layer, string activity, long bytes, long total)
    {
        var told = new List<LayerPush>();
        Push(line, told);
        Assert.Equal(new LayerPush(layer, activity, bytes, total), Assert.Single(told));
    }

    [Theory]
    [InlineData("""{"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:cd","Size":528}}""", null, "sha256:cd")]
    [InlineData("""{"errorDetail":{"message":"denied: no"},"error":"denied: no"}""", "denied: no", null)]
    [InlineData("""{"aux":{"ID":"sha256:ef"}}""", null, null)]
    [InlineData("""{"status":"1: digest: sha256:cd size: 528","id":"1"}""", null, null)]
    public void A_push_ends_with_a_digest_or_an_error(string line, string? error, string? digest)
    {
        var told = new List<LayerPush>();
        var messages = Push(line, told);
        Assert.Equal((error, digest), (messages.Error, messages.Digest));
        Assert.Empty(told);
    }

    [Theory]
    [InlineData("Error processing tar file(exit status 1): write /x: no space left on device", ErrorId.DiskFull)]
    [InlineData("Error processing tar file(exit status 1): archive/tar: invalid tar header", ErrorId.ImageSourceInvalid)]
    [InlineData("Error processing tar file(exit status 1): unexpected EOF", ErrorId.ImageSourceInvalid)]
    [InlineData("Error processing tar file(exit status 1): operation not permitted", ErrorId.ImageImportFailed)]
    public void A_failed_import_has_its_id(string message, ErrorId id) =>
        Assert.Equal(id, EngineFailure.OfImport("a:1", message, "o2wn01").Id);

    [Theory]
    [InlineData("Get \"http://r:5000/v2/\": dial tcp 10.0.0.1:5000: connect: connection refused", ErrorId.RegistryUnreachable)]
    [InlineData("Get \"https://r:5000/v2/\": http: server gave HTTP response to HTTPS client", ErrorId.RegistryUnreachable)]
    [InlineData("Get \"https://r:5000/v2/\": x509: certificate signed by unknown authority", ErrorId.RegistryUnreachable)]
    [InlineData("An image does not exist locally with the tag: r:5000/a", ErrorId.ImageNotFound)]
    [InlineData("denied: requested access to the resource is denied", ErrorId.ImagePushFailed)]
    [InlineData("could not verify layer data for: sha256:36", ErrorId.ImagePushFailed)]
    public void A_failed_push_has_its_id(string message, ErrorId id) =>
        Assert.Equal(id, EngineFailure.OfPush("r:5000/a:1", message, "o2wn01").Id);

    [Fact]
    public void A_layer_that_an_engine_cannot_write_again_is_explained()
    {
        var failure = EngineFailure.OfPush("r:5000/a:1", "could not verify layer data for: sha256:36", "o2wn01");
        Assert.Contains("--sparse", failure.RecommendedAction, StringComparison.Ordinal);
    }

    private static PushMessages Push(string line, List<LayerPush> told)
    {
        var messages = new PushMessages("1", new Recorder(told));
        messages.Report(JsonSerializer.Deserialize<JSONMessage>(line)!);
        return messages;
    }

    private sealed class Recorder(List<LayerPush> told) : IProgress<LayerPush>
    {
        public void Report(LayerPush value) => told.Add(value);
    }
}
