using PisaHpc.Docker;

namespace PisaHpc.Unit.Docker;

public sealed class EngineMessagesTests
{
    [Theory]
    [InlineData("""{"status":"sha256:ab"}""", null, "sha256:ab", null, 0, 0, null)]
    [InlineData("""{"status":"Pushing","progressDetail":{"current":12,"total":100},"progress":"[>]","id":"36672991"}""", "36672991", "Pushing", null, 12, 100, null)]
    [InlineData("""{"status":"Pushing","progressDetail":{},"id":"36672991"}""", "36672991", "Pushing", null, 0, 0, null)]
    [InlineData("""{"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:cd","Size":528}}""", null, "", null, 0, 0, "sha256:cd")]
    [InlineData("""{"errorDetail":{"message":"denied: no"},"error":"denied: no"}""", null, "", "denied: no", 0, 0, null)]
    [InlineData("""{"errorDetail":{"code":1},"error":"disk"}""", null, "", "disk", 0, 0, null)]
    [InlineData("""{"aux":{"ID":"sha256:ef"}}""", null, "", null, 0, 0, null)]
    public void Each_kind_is_read(string line, string? layer, string status, string? error, long bytes, long total, string? digest) =>
        Assert.Equal(new EngineMessage(layer, status, error, bytes, total, digest), EngineMessages.Parse(line));

    [Theory]
    [InlineData("Error processing tar file(exit status 1): write /x: no space left on device", ErrorId.DiskFull)]
    [InlineData("Error processing tar file(exit status 1): archive/tar: invalid tar header", ErrorId.ImageSourceInvalid)]
    [InlineData("Error processing tar file(exit status 1): unexpected EOF", ErrorId.ImageSourceInvalid)]
    [InlineData("Error processing tar file(exit status 1): operation not permitted", ErrorId.ImageImportFailed)]
    public void A_failed_import_has_its_id(string message, ErrorId id) => Assert.Equal(id, EngineFailure.OfImport("a:1", message, "o2wn01").Id);

    [Theory]
    [InlineData("Get \"http://r:5000/v2/\": dial tcp 10.0.0.1:5000: connect: connection refused", ErrorId.RegistryUnreachable)]
    [InlineData("Get \"https://r:5000/v2/\": http: server gave HTTP response to HTTPS client", ErrorId.RegistryUnreachable)]
    [InlineData("Get \"https://r:5000/v2/\": x509: certificate signed by unknown authority", ErrorId.RegistryUnreachable)]
    [InlineData("An image does not exist locally with the tag: r:5000/a", ErrorId.ImageNotFound)]
    [InlineData("denied: requested access to the resource is denied", ErrorId.ImagePushFailed)]
    [InlineData("could not verify layer data for: sha256:36", ErrorId.ImagePushFailed)]
    public void A_failed_push_has_its_id(string message, ErrorId id) => Assert.Equal(id, EngineFailure.OfPush("r:5000/a:1", message, "o2wn01").Id);

    [Fact]
    public void A_layer_that_an_engine_cannot_write_again_is_explained() => Assert.Contains(
        "--sparse", EngineFailure.OfPush("r:5000/a:1", "could not verify layer data for: sha256:36", "o2wn01").RecommendedAction, StringComparison.Ordinal);
}
