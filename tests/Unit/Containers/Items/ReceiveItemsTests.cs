using System.Diagnostics;
using PisaHpc.Containers.Items;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Containers.Items;

/// <summary>What a container takes in, with this machine's shells in the place of its own.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ReceiveItemsTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("pisahpc-items-").FullName;

    public ReceiveItemsTests()
    {
        Directory.CreateDirectory(At("from/data/.hidden"));
        File.WriteAllText(At("from/data/run it"), "#!/bin/sh\n");
        File.SetUnixFileMode(At("from/data/run it"), (UnixFileMode)0xFED);
        File.WriteAllText(At("from/data/.hidden/" + new string('n', 120)), "long");
        File.SetLastWriteTimeUtc(At("from/data/run it"), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        File.CreateSymbolicLink(At("from/data/link"), "/etc/passwd");
        Directory.CreateDirectory(At("to"));
    }

    public void Dispose()
    {
        foreach (var directory in Directory.EnumerateDirectories(_scratch, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0x1C0);
        }

        Directory.Delete(_scratch, recursive: true);
    }

    [Theory]
    [InlineData("sh")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task All_of_it_comes_with_modes_and_times_and_without_set_user_ID(string shell)
    {
        File.SetUnixFileMode(At("from/data/.hidden"), (UnixFileMode)0x16D);
        Assert.Equal((0, ""), await ReceiveAsync(shell, At("to"), At("from/data")));
        Assert.Equal("long", File.ReadAllText(At("to/data/.hidden/" + new string('n', 120))));
        Assert.Equal(((UnixFileMode)0x16D, (UnixFileMode)0x1ED), (File.GetUnixFileMode(At("to/data/.hidden")), File.GetUnixFileMode(At("to/data/run it"))));
        Assert.Equal(new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc), File.GetLastWriteTimeUtc(At("to/data/run it")));
        Assert.Equal("/etc/passwd", new FileInfo(At("to/data/link")).LinkTarget);
        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(At("to")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_single_item_may_get_another_name_and_a_directory_is_joined()
    {
        Assert.Equal(0, (await ReceiveAsync("sh", At("to/named"), At("from/data/run it"))).Code);
        Assert.Equal(0, (await ReceiveAsync("sh", At("to/tree"), At("from/data"))).Code);
        File.WriteAllText(At("to/tree/kept"), "kept");
        File.Delete(At("to/tree/run it"));
        File.CreateSymbolicLink(At("to/tree/run it"), At("to/tree/kept"));
        Directory.Move(At("to/tree"), At("to/data"));
        Assert.Equal(0, (await ReceiveAsync("sh", At("to"), At("from/data"))).Code);
        Assert.Equal(("kept", "#!/bin/sh\n"), (File.ReadAllText(At("to/data/kept")), File.ReadAllText(At("to/data/run it"))));
        Assert.Null(new FileInfo(At("to/data/run it")).LinkTarget);
    }

    [Fact]
    public async Task What_does_not_come_whole_has_no_name_and_leaves_nothing()
    {
        var whole = await ArchiveAsync(At("from/data"));
        foreach (var length in new[] { 0, 512, 1024, whole.Length - 1536, whole.Length - 1024 - 512 })
        {
            var (code, words) = await RunAsync("sh", [At("to"), "1"], whole[..length]);
            Assert.True(code == 73, $"{length}: {code} {words}");
            Assert.Empty(Directory.EnumerateFileSystemEntries(At("to")));
        }
    }

    [Fact]
    public async Task What_is_in_the_way_is_told()
    {
        Assert.Equal((66, $"there is no directory {At("none/deeper")}\n"), await ReceiveAsync("sh", At("none/deeper/x"), At("from/data")));
        Assert.Equal(66, (await ReceiveAsync("sh", At("none"), At("from/data"), At("from"))).Code);
        Directory.CreateDirectory(At("to/run it"));
        Assert.Contains("is a directory, and stays", (await ReceiveAsync("sh", At("to"), At("from/data/run it"))).Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_large_file_is_told_how_much_of_it_has_gone()
    {
        const int Length = 1 << 20;
        File.WriteAllBytes(At("from/large"), new byte[Length]);
        var told = new List<long>();
        using var stream = new MemoryStream();
        await new ItemArchive([At("from/data"), At("from/large")]).WriteAsync(
            stream, told.Add, passed => Assert.Fail(passed), CancellationToken.None);
        Assert.Equal(told.Order(), told);
        Assert.True(told.Count(bytes => bytes is > 1000 and < Length) >= 4, string.Join(' ', told));
        Assert.Equal(new ItemArchive([At("from/data"), At("from/large")]).Count().Bytes, told[^1]);
    }

    private string At(string name) => Path.Combine(_scratch, name);

    private static async Task<(int Code, string Words)> ReceiveAsync(string shell, string destination, params string[] paths) =>
        await RunAsync(shell, [destination, $"{paths.Length}"], await ArchiveAsync(paths));

    private static async Task<byte[]> ArchiveAsync(params string[] paths)
    {
        using var stream = new MemoryStream();
        await new ItemArchive(paths).WriteAsync(stream, _ => { }, passed => Assert.Fail(passed), CancellationToken.None);
        return stream.ToArray();
    }

    private static async Task<(int Code, string Words)> RunAsync(string shell, string[] arguments, byte[] input)
    {
        var script = NodeScript.Of("Containers/Items/receive-items.sh");
        string[] program = shell == "busybox" ? ["busybox", "sh"] : [shell];
        var start = new ProcessStartInfo(program[0], [.. program[1..], "-c", script.Text, script.Name, "own", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var words = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want it.
        }

        await process.WaitForExitAsync();
        return (process.ExitCode, await words);
    }
}
