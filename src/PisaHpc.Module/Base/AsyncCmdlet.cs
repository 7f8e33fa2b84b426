using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>
/// The one bridge between asynchronous work and the pipeline thread. A derived cmdlet overrides the Async methods; whatever it emits from
/// any thread is queued and written by the pipeline thread, which waits here and nowhere else.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly PipelineErrors _errors;
    private PipelineWrites? _queue;
    private CmdletTrace? _trace;
    private BackgroundStart? _background;
    private volatile IProgress<PhaseReport>? _bars;
    private int _spoken;

    /// <summary>Makes a cmdlet.</summary>
    private protected AsyncCmdlet() => _errors = new PipelineErrors(this, () => EngineTerms, () => FoldsErrors);

    /// <summary>Cancelled by Ctrl-C, and when a later command in the pipeline has had enough.</summary>
    protected CancellationToken StopToken { get; private set; }

    /// <summary>Refuses what the parameters say by themselves, before anything is done.</summary>
    private protected virtual void ValidateParameters() { }

    /// <summary>What to do before the first input.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>What to do for each input.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>What to do after the last input.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        _background = BackgroundStart.Of(this);
        if (_background is null)
        {
            _errors.OrEnd(ValidateParameters);
            PumpTraced(BeginAsync);
        }
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (_background is not null)
        {
            _errors.OrEnd(() => _background.Add(((IBackgroundCmdlet)this).NodesBound()));
        }
        else
        {
            PumpTraced(ProcessAsync);
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if (_background is null)
        {
            PumpTraced(EndAsync);
            if (_trace is { IsExported: true } trace)
            {
                Pump(() => Task.Run(() => trace.End(Warn)));
            }
        }
        else if (_errors.OrEnd(_background.Start) is { } job)
        {
            JobRepository.Add(job);
            WriteObject(job);
        }
    }

    /// <summary>Writes an object to the pipeline, in its node's turn where it is of one.</summary>
    protected void Emit(object value) => PostInTurn(() => WriteObject(value));

    /// <summary>
    /// Writes what was started to the pipeline. It throws when the pipeline was stopped before, so that what nobody got can be taken back;
    /// how a later command ends the pipeline, having got it, is no concern of the work.
    /// </summary>
    /// <exception cref="OperationCanceledException">The pipeline was stopped.</exception>
    protected Task HandOverAsync(object value)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            if (PipelineStopToken.IsCancellationRequested)
            {
                taken.SetCanceled(PipelineStopToken);
                throw new PipelineStoppedException();
            }

            taken.SetResult();
            WriteObject(value);
        });
        return taken.Task;
    }

    /// <summary>Writes several objects to the pipeline, in their node's turn where they are of one.</summary>
    protected void EmitAll(IEnumerable<object> values) => PostInTurn(() => WriteObject(values, enumerateCollection: true));

    /// <summary>Writes a failure as an error record, in its node's turn where it is of one; the cmdlet goes on.</summary>
    protected void Report(Exception exception, object? target = null)
    {
        _trace?.Failed(exception);
        PostSpoken(() => _errors.Write(exception, target));
    }

    /// <summary>
    /// Writes a node's failure as an error record with the node as its target. Those of one cause are one record, of all their nodes, which
    /// comes when the work has ended (<see cref="ErrorFold"/>).
    /// </summary>
    private protected void ReportNode(NodeFailure failure)
    {
        _trace?.Failed(failure.Cause);
        PostSpoken(() => _errors.WriteOfNode(failure));
    }

    /// <summary>The same of a failure whose target is the node.</summary>
    private protected void ReportNode(string node, ErrorId id, string message) =>
        ReportNode(new NodeFailure(node, new HpcException(id, message, node)));

    /// <summary>Writes what was reported of nodes until now: a round has ended of work that goes on.</summary>
    private protected void EndRound() => Post(_errors.WriteHeld);

    /// <summary>Whether an error or a warning was written since this was asked for the last time.</summary>
    private protected bool TakeSpoken() => Interlocked.Exchange(ref _spoken, 0) == 1;

    /// <summary>Writes a warning, in its node's turn where it is of one.</summary>
    protected void Warn(string text) => PostSpoken(() => WriteWarning(text));

    /// <summary>Tells who interrupts the work what was taken back, when it has ended: no stream takes it any more.</summary>
    internal TakenBack TakenBack { get; private set; } = TakenBack.Untold;

    /// <summary>Writes a verbose line.</summary>
    protected void Detail(string text) => Post(() => WriteVerbose(text));

    /// <summary>
    /// Says a line to the reader, as Write-Host does: it is shown, and goes to the information stream and not to the output.
    /// </summary>
    protected void Say(string text) => Post(() => WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]));

    /// <summary>Shows progress.</summary>
    protected void Show(ProgressRecord progress) => Post(() => WriteProgress(progress));

    /// <summary>Shows the phases that begin or end from now on as bars, beside their verbose lines, in place of bars of before.</summary>
    private protected T Follow<T>(T bars)
        where T : IProgress<PhaseReport>
    {
        _bars = bars;
        return bars;
    }

    /// <summary>Asks whether to go on, as <c>-WhatIf</c> and <c>-Confirm</c> want it asked.</summary>
    /// <param name="target">What would change.</param>
    /// <param name="action">How.</param>
    protected Task<bool> ShouldProcessAsync(string target, string action) => AskAsync(() => ShouldProcess(target, action));

    /// <summary>Asks a question that -Confirm does not decide.</summary>
    /// <param name="question">The question.</param>
    /// <param name="caption">What it is about.</param>
    /// <returns>The answer; null where nobody can be asked.</returns>
    protected Task<bool?> ShouldContinueAsync(string question, string caption) => AskAsync(() => HostQuestion.Ask(this, question, caption));

    /// <summary>
    /// Completes when the pipeline has taken everything written so far: whoever writes much waits here, or fills the memory.
    /// </summary>
    protected Task CaughtUpAsync() => AskAsync(() => true);

    /// <summary>Draws objects on the screen, as the table that they would be at a prompt.</summary>
    private protected Task DrawAsync(ScreenTable table, string caption, IReadOnlyCollection<object> values) => AskAsync(() =>
    {
        table.Draw(caption, values, InvokeCommand);
        return true;
    });

    /// <summary>Does something on the pipeline's thread, where the session's state may be touched.</summary>
    private protected Task<T> AskAsync<T>(Func<T> question) => Queue.AskAsync(question, PipelineStopToken);

    /// <summary>Whether an exception is a failure of the work, known or not, and no sign that the work was to end.</summary>
    internal static bool IsFailure(Exception exception) => exception is not (OperationCanceledException or PipelineStoppedException);

    /// <summary>What next steps call the parts of an engine; null where no site says which engine that is.</summary>
    private protected virtual EngineTerms? EngineTerms => null;

    /// <summary>Whether the errors of nodes wait for others of the same cause; not where nobody knows when the work ends.</summary>
    private protected virtual bool FoldsErrors => true;

    /// <summary>The variable of -TraceVariable; null for none.</summary>
    private protected virtual string? TracedTo => null;

    /// <summary>Called by PowerShell when the pipeline has ended, in whatever way: a stopped one takes no warning any more.</summary>
    public void Dispose()
    {
        _trace?.End(words => Host.UI.WriteWarningLine(words));
        _trace?.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Tell(PhaseReport report)
    {
        Detail(report.ToString());
        _bars?.Report(report);
    }

    private PipelineWrites Queue => _queue ?? throw new InvalidOperationException("Output outside of the Async methods.");

    private protected void Post(Action action) => Queue.Add(action);

    private void PostInTurn(Action action) => NodeTurns.Say(() => Post(action));

    /// <summary>Posts what may stand on the screen between two tables.</summary>
    private void PostSpoken(Action action)
    {
        Interlocked.Exchange(ref _spoken, 1);
        PostInTurn(action);
    }

    /// <summary>Does a part of the work, where a cmdlet has one: a change of threads may take longer than the work.</summary>
    private void PumpTraced(Func<Task> body)
    {
        if (body.Method.DeclaringType == typeof(AsyncCmdlet))
        {
            return;
        }

        var trace = _trace ??= new CmdletTrace(MyInvocation.MyCommand.Name, Tell, TracedTo, SessionState);
        try
        {
            Pump(() => trace.RunAsync(body));
        }
        finally
        {
            trace.Show();
        }
    }

    private void Pump(Func<Task> body)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(PipelineStopToken);
        using var queue = new PipelineWrites();
        StopToken = stopping.Token;
        TakenBack = new TakenBack(StopToken);
        _queue = queue;
        var work = Task.Run(async () =>
        {
            try
            {
                await body();
            }
            finally
            {
                queue.Complete();
            }
        });

        var isHeard = false;
        try
        {
            queue.RunAll(refused: stopping.Cancel);
            isHeard = true;
            Finish(work);
        }
        finally
        {
            // A refused write leaves without the work's end, which is near: it has written its last.
            Task.WhenAny(work).Wait();
            _queue = null;
            if (!isHeard || PipelineStopToken.IsCancellationRequested)
            {
                _errors.SayUnheard(work.Exception?.InnerException, TakenBack);
            }

            _errors.WriteHeld();
        }
    }

    private void Finish(Task work)
    {
        try
        {
            work.GetAwaiter().GetResult();
        }
        catch (Exception) when (PipelineStopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception exception) when (exception is not PipelineStoppedException)
        {
            _errors.End(exception);
        }
    }
}
