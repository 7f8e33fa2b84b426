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
    /// <param name="path">Where the site definition goes: a place that nodes have too.</param>
    public HookedSite(LabFixture lab, string path)
    {
        Path = path;
        var text = File.ReadAllText(lab.State.Site);
        File.WriteAllText(path, text.Split("queues:")[0].Replace(
            "environments:\n", "environments:\n  missing: { image: pisa/none:1 }\n", StringComparison.Ordinal));
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
