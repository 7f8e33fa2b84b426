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
    private static TaskCompletionSource? Begun { get; set; }

    [Fact]
    public async Task What_is_left_behind_by_a_command_that_was_stopped_is_told_by_the_host()
    {
        var said = await StoppedAsync("Start-Leaving", typeof(LeavingCommand));
        var error = JsonDocument.Parse(said).RootElement.GetProperty("error").GetProperty("message").GetString()!;
        Assert.StartsWith("JobLeftBehind", error, StringComparison.Ordinal);
        Assert.Contains("left on o2wn01", error, StringComparison.Ordinal);
        Assert.Contains("Stop-HpcJob 42", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "Job 42: 2 containers were taken back from o2wn01.")]
    [InlineData(ActionPreference.SilentlyContinue, "")]
    public async Task What_it_took_back_is_told_too_unless_nobody_wants_warnings(ActionPreference? warnings, string line)
    {
        var said = await StoppedAsync("Start-Returning", typeof(ReturningCommand), warnings);
        Assert.Equal(
            line,
            said.Length == 0 ? "" : JsonDocument.Parse(said).RootElement.GetProperty("warning").GetProperty("message").GetString());
    }

    private static async Task<string> StoppedAsync(string name, Type type, ActionPreference? warnings = null)
    {
        var begun = new TaskCompletionSource();
        Begun = begun;
        using var said = new StringWriter();
        var messages = new MessageWriter(said, OutputFormat.Json);
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry(name, type, null));
        using var runspace = RunspaceFactory.CreateRunspace(new ScriptHost(new ScriptUserInterface(messages, OutputFormat.Json)), state);
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand(name);
        if (warnings is not null)
        {
            shell.AddParameter("WarningAction", warnings);
        }

        var running = shell.InvokeAsync();
        await begun.Task;

        shell.Stop();

        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        return said.ToString().Trim();
    }

    /// <summary>Begins something, and cannot take it back when it is stopped.</summary>
    [Cmdlet(VerbsLifecycle.Start, "Leaving")]
    public sealed class LeavingCommand : AsyncCmdlet
    {
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

    /// <summary>Begins something, and takes it back when it is stopped.</summary>
    [Cmdlet(VerbsLifecycle.Start, "Returning")]
    public sealed class ReturningCommand : AsyncCmdlet
    {
        protected override async Task ProcessAsync()
        {
            Begun!.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, StopToken);
            }
            finally
            {
                TakenBack.AddContainers("job 42", "o2wn01", 2);
            }
        }
    }
}
