using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Ports;

/// <summary>An area on a file system without hard links is told so: no change of its owner would help.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PortAreaPlaceTests : IDisposable
{
    private readonly TestArea _test = new(40000, 40001);

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(WithoutHardLinks.NotPermitted)]
    [InlineData(WithoutHardLinks.NotSupported)]
    public void A_lease_names_the_file_system_and_leaves_nothing(int error)
    {
        var failure = Assert.IsType<HpcException>(WithoutHardLinks.Run(error, () => _test.Area.Lease(TestArea.Request("4711"))));
        Assert.Equal(ErrorId.PortAreaUnusable, failure.Id);
        Assert.Contains($"The port area {_test.Path} cannot be used: its file system, ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("has no hard links, by which ports are held (link ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("chown", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("portArea.path", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_test.Path), file => Assert.Equal(0, new FileInfo(file).Length));
    }

    [Fact]
    public async Task An_area_is_not_made_there_and_nothing_of_it_is_left()
    {
        var parent = Directory.CreateTempSubdirectory("pisahpc-place-").FullName;
        var area = new PortAreaDefinition(parent + "/ports", 40000, 40001, TimeSpan.FromDays(1));
        try
        {
            var failure = Assert.IsType<HpcException>(WithoutHardLinks.Run(WithoutHardLinks.NotPermitted, () => Make(area)));
            Assert.Equal((ErrorId.PortAreaUnusable, (object)"o2wn01"), (failure.Id, failure.Target));
            Assert.Contains("has no hard links", failure.Message, StringComparison.Ordinal);
            Assert.Contains("portArea.path", failure.RecommendedAction, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(parent));

            await MakeAsync(area);
            Assert.Equal(["40000", "40001"], Directory.GetFileSystemEntries(area.Path).Select(entry => Path.GetFileName(entry)).Order());
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    /// <summary>On this thread, whose children have the filter too.</summary>
    private static void Make(PortAreaDefinition area) => MakeAsync(area).GetAwaiter().GetResult();

    private static Task MakeAsync(PortAreaDefinition area) => new NodeFiles(new LocalShell("o2wn01")).MakePortAreaAsync(area, CancellationToken.None);
}
