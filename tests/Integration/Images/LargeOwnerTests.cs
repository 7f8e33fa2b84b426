using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>Owners above 2^31, as a directory service of many domains gives them out (sssd.conf(5), ldap_idmap_range_max).</summary>
[Collection(LabTests.Name)]
public sealed class LargeOwnerTests(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private const long Owner = 3221226001;
    private readonly HostedRunspace _runspace = new();
    private readonly TryImages _images = new(lab.Nodes[1]);
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-owner-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public void Dispose() => _runspace.Dispose();

    public async Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        await _images.DisposeAsync();
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("pax")]
    public async Task A_tar_with_such_an_owner_becomes_an_image_or_an_error_that_names_member_and_id(string format)
    {
        var tar = Path.Combine(_directory, "owner.tar");
        await File.WriteAllTextAsync(Path.Combine(_directory, "member"), "x");
        string[] owner = [$"--format={format}", $"--owner=:{Owner}", $"--group=:{Owner}"];
        (await RunningProcess.RunAsync("tar", [.. owner, "-C", _directory, "-cf", tar, "member"])).EndedWith(0);

        var result = _runspace.Run(
            "param($Path, $Name, $Node) Import-HpcImage $Path -Name $Name -Node $Node",
            new { Path = tar, _images.Name, Node = _images.Node.Name });

        if (result.ErrorIds is ["ImageImportFailed"])
        {
            // An engine with its own range of user ids, or one whose file system takes no such owner.
            Assert.Contains("member", result.Errors[0].ToString(), StringComparison.Ordinal);
            Assert.Contains("3221226001", result.Errors[0].ToString(), StringComparison.Ordinal);
            return;
        }

        dynamic image = result.Single();
        Assert.True((bool)image.Changed);
        Assert.Equal((string)image.Id, await _images.InspectAsync("{{.Id}}"));
    }
}
