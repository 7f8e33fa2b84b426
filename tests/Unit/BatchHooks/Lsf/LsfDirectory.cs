using PisaHpc.BatchHooks.Lsf;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>The files of an LSF in a directory of a test's own, and a stand-in for bapp that asks for names in full.</summary>
internal sealed class LsfDirectory : INodeConnection, IDisposable
{
    private readonly LocalShell _shell = new("head");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-lsf-");

    public LsfDirectory(string profiles = "")
    {
        Write("lsf.conf", $"LSF_CONFDIR={Root}\nLSF_SERVERDIR={Root}/etc\n");
        Write("profile.lsf", $"PATH={Root}/bin:$PATH\n");
        Write("lsf.cluster.c1", "Begin Host\nHOSTNAME\nn01\nEnd Host\n");
        Write("lsid", "My cluster name is c1\n");
        Directory.CreateDirectory(Path.Combine(Root, "bin"));
        Directory.CreateDirectory(Path.Combine(Root, "usual"));
        ProgramFile.Write(Path.Combine(Root, "usual", "id"), "#!/bin/sh\necho \"${ASKING_UID:-0}\"\n");
        ProgramFile.Write(Path.Combine(Root, "bin", "lsid"), $"#!/bin/sh\ncat {Root}/lsid\n");
        ProgramFile.Write(
            Path.Combine(Root, "bin", "bapp"),
            $"#!/bin/sh\n[ \"$*\" = -w ] || exit 64\nprintf 'APP_NAME NJOBS PEND RUN SUSP\\n{profiles}'\n");
    }

    /// <summary>The directory.</summary>
    public string Root => _directory.FullName;

    /// <summary>Where lsb.queues and lsb.applications are.</summary>
    public string Batch => Path.Combine(Root, "lsbatch", "c1", "configdir");

    /// <summary>Variables of the caller's; ASKING_UID is who he is, root where it says nothing.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public string Node => _shell.Node;

    /// <summary>What hooks are asked for.</summary>
    public LsfHookRequest Request => new() { Site = LsfSite.Site, ConfigurationFile = Path.Combine(Root, "lsf.conf") };

    public void Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void WriteBatch(string name, string text) => Write(Path.Combine(Batch, name), text);

    /// <summary>What the host says of it.</summary>
    public Task<LsfController> ReadAsync() =>
        LsfController.ReadAsync(this, Request.ConfigurationFile, serverDirectory: null, CancellationToken.None);

    /// <summary>How the hooks would be taken away.</summary>
    public Task<LsfHookRemoval> RemovalAsync() => LsfHookRemoval.PlanAsync(this, Request, CancellationToken.None);

    /// <summary>What the host says where nobody names its lsf.conf.</summary>
    public Task<LsfController> ReadUnnamedAsync() =>
        LsfController.ReadAsync(this, configuration: null, serverDirectory: null, CancellationToken.None);

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var path = $"PATH={Root}/usual:{Environment.GetEnvironmentVariable("PATH")}";
        var variables = Variables.Select(variable => $"{variable.Key}={variable.Value}");
        return _shell.RunAsync(["env", "-u", "LSF_ENVDIR", path, .. variables, .. arguments], input, cancellationToken);
    }

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose() => _directory.Delete(recursive: true);
}
