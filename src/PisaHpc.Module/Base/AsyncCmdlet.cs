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
    private PipelineWrites? _queue;
    private CmdletTrace? _trace;
    private volatile IProgress<PhaseReport>? _bars;

    /// <summary>Cancelled by Ctrl-C, and when a later command in the pipeline has had enough.</summary>
    protected CancellationToken StopToken { get; private set; }

    /// <summary>What to do before the first input.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>What to do for each input.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>What to do after the last input.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => PumpTraced(BeginAsync);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => PumpTraced(ProcessAsync);

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        PumpTraced(EndAsync);
        if (_trace is { IsExported: true } trace)
        {
            Pump(() => Task.Run(() => trace.End(Warn)));
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
        PostInTurn(() => WriteError(RecordOf(exception, target)));
    }

    /// <summary>Writes a warning, in its node's turn where it is of one.</summary>
    protected void Warn(string text) => PostInTurn(() => WriteWarning(text));

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
        const string Format = "$input | Microsoft.PowerShell.Utility\\Out-String -Stream -Width $args[0]";
        var lines = InvokeCommand.InvokeScript(true, ScriptBlock.Create(Format), values.ToList(), table.Width);
        table.Draw(caption, [.. lines.Select(line => line.ToString()).SkipWhile(string.IsNullOrWhiteSpace).Where(line => line.Length > 0)]);
        return true;
    });

    /// <summary>Does something on the pipeline's thread, where the session's state may be touched.</summary>
    private protected Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (PipelineStoppedException)
            {
                answer.SetCanceled(PipelineStopToken);
                throw;
            }
            catch (Exception refusal)
            {
                answer.SetException(refusal);
                throw;
            }
        });
        return answer.Task;
    }

    /// <summary>Whether an exception is a failure of the work, known or not, and no sign that the work was to end.</summary>
    private protected static bool IsFailure(Exception exception) =>
        exception is not (OperationCanceledException or PipelineStoppedException);

    /// <summary>What next steps call the parts of an engine; null where no site says which engine that is.</summary>
    private protected virtual EngineTerms? EngineTerms => null;

    /// <summary>The variable of -TraceVariable; null for none.</summary>
    private protected virtual string? TracedTo => null;

    /// <summary>
    /// Called by PowerShell when the pipeline has ended, in whatever way. Of one that failed or was stopped no stream takes a warning any
    /// more.
    /// </summary>
    public void Dispose()
    {
        _trace?.End(words => Host.UI.WriteWarningLine(words));
        _trace?.Dispose();
        GC.SuppressFinalize(this);
    }

    private ErrorRecord RecordOf(Exception exception, object? target = null) =>
        ErrorCatalogue.RecordOf(exception, target, MyInvocation.MyCommand?.Name, EngineTerms);

    private void Tell(PhaseReport report)
    {
        Detail(report.ToString());
        _bars?.Report(report);
    }

    private void Post(Action action)
    {
        var queue = _queue ?? throw new InvalidOperationException("Output outside of the Async methods.");
        queue.Add(action);
    }

    private void PostInTurn(Action action) => NodeTurns.Say(() => Post(action));

    private void PumpTraced(Func<Task> body)
    {
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

        try
        {
            queue.RunAll(refused: stopping.Cancel);
            Finish(work);
        }
        finally
        {
            // A refused write leaves without the work's end, which is near: it has written its last.
            Task.WhenAny(work).Wait();
            _queue = null;
            SayUnheard(work);
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
            WriteFailedNodes(exception);
            ThrowTerminatingError(RecordOf(exception));
        }
    }

    /// <summary>
    /// A pipeline that was stopped takes no error, and work that could not be taken back fails after that: what it says goes to the host,
    /// or nobody would learn what is left behind.
    /// </summary>
    private void SayUnheard(Task work)
    {
        if (PipelineStopToken.IsCancellationRequested && work.Exception?.InnerException is { } failure && IsFailure(failure))
        {
            var record = RecordOf(failure);
            Host.UI.WriteErrorLine($"{record.FullyQualifiedErrorId}: {failure.Message} {record.ErrorDetails?.RecommendedAction}".TrimEnd());
        }
    }

    /// <summary>
    /// A record for each node that a failure names, before its own. Where the first error is to end all it would be a node's: then the
    /// failure stands alone, which has the nodes with it.
    /// </summary>
    private void WriteFailedNodes(Exception exception)
    {
        if (exception is HpcException { FailedNodes: var failed } && !FirstErrorEndsAll())
        {
            foreach (var failure in failed)
            {
                WriteError(RecordOf(failure.Cause, failure.Node));
            }
        }
    }

    private bool FirstErrorEndsAll()
    {
        var preference = MyInvocation.BoundParameters.TryGetValue("ErrorAction", out var asked)
            ? asked
            : GetVariableValue("ErrorActionPreference");
        return LanguagePrimitives.TryConvertTo(preference, out ActionPreference action) && action == ActionPreference.Stop;
    }
}
