using System.Collections;
using System.Management.Automation;
using PisaHpc.Adapters.Telemetry;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>
/// A cmdlet's run as a trace: for its own bars and lines, for a variable of the caller's where he named one, and for a collector where the
/// environment names one.
/// </summary>
internal sealed class CmdletTrace : IDisposable
{
    private readonly TracedRun _run;
    private readonly PhaseTrace? _collected;
    private readonly List<HpcPhase> _earlier = [];
    private readonly List<HpcPhase> _shown = [];
    private bool _hasEnded;

    /// <summary>Begins to listen.</summary>
    /// <param name="command">The cmdlet's name.</param>
    /// <param name="told">Told of each phase that begins or ends.</param>
    /// <param name="variable">
    /// The variable that gets the phases, set at once; with + before it they are added to those that it has. Null for none.
    /// </param>
    /// <param name="session">Whose variable it is.</param>
    public CmdletTrace(string command, Action<PhaseReport> told, string? variable, SessionState session)
    {
        IsExported = TraceExport.Begin();
        _run = new TracedRun(command, told);
        if (variable is not null)
        {
            _collected = new PhaseTrace(command, withRequests: true);
            var name = variable.TrimStart('+');
            if (name.Length < variable.Length && LanguagePrimitives.GetEnumerable(session.PSVariable.GetValue(name)) is IEnumerable had)
            {
                _earlier.AddRange(had.Cast<object>().Select(one => one is PSObject wrapped ? wrapped.BaseObject : one).OfType<HpcPhase>());
            }

            session.PSVariable.Set(name, _shown);
            Show();
        }
    }

    /// <summary>Whether a collector gets the trace.</summary>
    public bool IsExported { get; }

    /// <summary>Does a part of the cmdlet's work.</summary>
    public Task RunAsync(Func<Task> work) => _collected is null ? _run.RunAsync(work) : _collected.RunAsync(() => _run.RunAsync(work));

    /// <summary>Says that the cmdlet failed, though it may go on.</summary>
    public void Failed(Exception failure) => _run.Failed(failure);

    /// <summary>Puts what has ended into the variable, on the pipeline's thread: nobody reads it meanwhile.</summary>
    public void Show()
    {
        if (_collected is not null)
        {
            _shown.Clear();
            _shown.AddRange(_earlier);
            _shown.AddRange(_collected.Ended);
        }
    }

    /// <summary>Ends the trace, and has it exported.</summary>
    /// <param name="warn">Told, in a line, that a collector did not take it.</param>
    public void End(Action<string> warn)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _run.Dispose();
            if (IsExported && TraceExport.Flush() is { } words)
            {
                warn(words);
            }
        }
    }

    public void Dispose()
    {
        _run.Dispose();
        _collected?.Dispose();
    }
}
