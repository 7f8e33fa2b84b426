using PisaHpc.Unit.Face;
using PisaHpc.Unit.Images;

namespace PisaHpc.Unit.Native;

/// <summary>The agent and its client with the compiler's own checks of memory and of undefined behaviour.</summary>
public sealed class CheckedProgram : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-checked-");

    internal string Agent => Path.Combine(_directory.FullName, "pisahpc-agent");

    internal string Client => Path.Combine(_directory.FullName, "pisahpc-run");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var sources = Directory.GetFiles(Checkout.PathOf("native"), "*.c");
        (await Programs.RunAsync(
            "gcc",
            ["-std=c17", "-D_GNU_SOURCE", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", Agent, .. sources])).EndedWell();
        File.CreateSymbolicLink(Client, Agent);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
