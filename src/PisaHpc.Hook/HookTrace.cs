using PisaHpc.Tracing;
using PisaHpc.Tracing.Files;

namespace PisaHpc.Hook;

/// <summary>The trace of a run, for the file that -TraceFile names: phases and requests to nodes, as Export-HpcTrace writes them.</summary>
internal sealed class HookTrace : IDisposable
{
    private readonly TraceFile _file;
    private readonly string _path;
    private readonly PhaseTrace _phases;

    private HookTrace(string path, HookVerb verb)
    {
        (_file, _path) = (new TraceFile(path), path);
        _file.RequireWritable();
        _phases = new PhaseTrace($"pisahpc-hook {verb.ToString().ToLowerInvariant()}", withRequests: true);
    }

    /// <summary>Begins to listen, where a file is asked for; null where none is: such a run pays nothing for it.</summary>
    /// <exception cref="HookUsageException">The file cannot be written, which is said before anything is begun.</exception>
    public static HookTrace? For(HookOptions options)
    {
        try
        {
            return options.TraceFile is { } path ? new HookTrace(Path.GetFullPath(path), options.Verb) : null;
        }
        catch (HpcException failure)
        {
            throw new HookUsageException($"-TraceFile: {failure.Message} {failure.RecommendedAction}");
        }
    }

    /// <summary>Does the run's work.</summary>
    public Task RunAsync(Func<Task> work) => _phases.RunAsync(work);

    /// <summary>Writes what there is, however the run ended. What goes wrong with that is a warning: the run has its own end.</summary>
    public void Write(HookLog log)
    {
        try
        {
            if (_phases.Ended is { Count: > 0 } phases)
            {
                var written = _file.Write(phases);
                log.Trace($"{written}. Waited longest for: {written.WaitedFor}");
            }
            else
            {
                log.Warn($"there is no phase to write: {_path} is not written");
            }
        }
#pragma warning disable CA1031 // A bug here may not end a stop otherwise than it did.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            log.Warn($"-TraceFile: {(failure is HpcException ? failure.Message : $"{ErrorId.InternalError}: {failure}")}");
        }
    }

    public void Dispose() => _phases.Dispose();
}
