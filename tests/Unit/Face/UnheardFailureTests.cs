using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.Json;
using PisaHpc.Host;
using PisaHpc.Host.Output;
using PisaHpc.Host.Scripts;
using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Face;

/// <summary>What a command says that was stopped and could not take back what it had begun.</summary>
public sealed class UnheardFailureTests
{
    [Fact]
    public async Task What_is_left_behind_by_a_command_that_was_stopped_is_told_by_the_host()
    {
        var begun = new TaskCompletionSource();
        LeavingCommand.Begun = begun;
        using var said = new StringWriter();
        var messages = new MessageWriter(said, OutputFormat.Json);
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Start-Leaving", typeof(LeavingCommand), null));
        using var runspace = RunspaceFactory.CreateRunspace(new ScriptHost(new ScriptUserInterface(messages, OutputFormat.Json)), state);
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        var running = shell.AddCommand("Start-Leaving").InvokeAsync();
        await begun.Task;

        shell.Stop();

        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        var error = JsonDocument.Parse(said.ToString()).RootElement.GetProperty("error").GetProperty("message").GetString()!;
        Assert.StartsWith("JobLeftBehind", error, StringComparison.Ordinal);
        Assert.Contains("left on o2wn01", error, StringComparison.Ordinal);
        Assert.Contains("Stop-HpcJob 42", error, StringComparison.Ordinal);
    }

    /// <summary>Begins something, and cannot take it back when it is stopped.</summary>
    [Cmdlet(VerbsLifecycle.Start, "Leaving")]
    public sealed class LeavingCommand : AsyncCmdlet
    {
        internal static TaskCompletionSource? Begun { get; set; }

        protected override async Task ProcessAsync()
        {
            Begun!.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, StopToken);
            }
            catch (OperationCanceledException stopped)
            {
                throw new HpcException(ErrorId.JobLeftBehind, "Something is left on o2wn01.", "42", "Later: Stop-HpcJob 42.", stopped);
            }
        }
    }
}
