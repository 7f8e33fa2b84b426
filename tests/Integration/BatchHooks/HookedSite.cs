using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>
/// What is put on nodes with hooks of a batch system that is none: the lab's site definition, with an environment that has no image and no
/// queues, and the programs alone in a directory.
/// </summary>
internal sealed class HookedSite : IDisposable
{
    private readonly DirectoryInfo _programs = Directory.CreateTempSubdirectory("pisahpc-programs-");

    /// <summary>Writes them.</summary>
    /// <param name="site">What the site definition says beside that.</param>
    /// <param name="path">Where it goes: a place that nodes have too.</param>
    public HookedSite(LabSite site, string path)
    {
        Path = site.WithoutQueues().WithEnvironments("missing: { image: pisa/none:1 }").WriteTo(path);
        foreach (var program in new[] { Repository.Hook, Beside(Repository.Hook, "pisahpc-agent") })
        {
            File.Copy(program, System.IO.Path.Combine(Programs, System.IO.Path.GetFileName(program)));
        }
    }

    /// <summary>The site definition.</summary>
    public string Path { get; }

    /// <summary>The directory of the programs.</summary>
    public string Programs => _programs.FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Path);
        _programs.Delete(recursive: true);
    }

    private static string Beside(string program, string name) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(program)!, name);
}
