using PisaHpc.Module.Commands;
using PisaHpc.Unit.Images;

namespace PisaHpc.Unit.Commands;

/// <summary>What is wrong with an import's source is told before an engine is asked.</summary>
public sealed class ImportSourceTests : IDisposable
{
    private readonly SocketEngine _engine = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-import-").FullName;

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _engine.Dispose();
    }

    [Fact]
    public void A_path_that_is_not_there() => Fails("ImageSourceMissing", "none");

    [Fact]
    public void A_file_that_is_no_tar() => Fails("ImageSourceInvalid", Written("text", "no tar at all"));

    [Fact]
    public void A_file_that_is_empty() => Fails("ImageSourceInvalid", Written("empty", ""));

    [Theory]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task A_packed_file_that_is_no_tar(string program)
    {
        var file = Path.Combine(_directory, Written("packed", new string('x', 5000)));
        (await Programs.RunAsync("sh", "-c", "\"$1\" -c \"$2\" > \"$3\"", "sh", program, file, file + ".packed")).EndedWell();
        Fails("ImageSourceInvalid", "packed.packed");
    }

    [Fact]
    public void A_source_that_is_a_directory_that_cannot_be_left_out() => Fails("InvalidValue", Written("file", "x"), "-Exclude tmp");

    private string Written(string name, string text)
    {
        File.WriteAllText(Path.Combine(_directory, name), text);
        return name;
    }

    private void Fails(string id, string name, string more = "")
    {
        var run = CmdletRun.Of(
            $"Import-HpcImage '{Path.Combine(_directory, name)}' pisa/try:1 {more} -Site '{_engine.Site}'",
            ("Import-HpcImage", typeof(ImportHpcImageCommand)));
        run.Failure(id);
        Assert.Empty(_engine.Requests);
    }
}
