using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.Json;
using PisaHpc.Host;
using PisaHpc.Host.Output;
using PisaHpc.Host.Scripts;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Face;

/// <summary>What -AsJob gives: a job of the session, with a child for each node.</summary>
public sealed class BackgroundJobTests
{
    public static TheoryData<string> Long =>
    [
        "Start-HpcJob", "Start-HpcContainer", "Invoke-ContainerMpi", "Update-HpcImage", "Import-HpcImage", "Sync-HpcEnvironment",
        "Initialize-HpcNode",
    ];

    [Theory]
    [MemberData(nameof(Long))]
    public void What_can_take_long_can_go_on_in_the_background(string name)
    {
        Assert.Contains(CmdletFacts.Named(name).Parameters, parameter => parameter.Name == nameof(IBackgroundCmdlet.AsJob));
        Assert.True(CmdletFacts.Named(name).Type.IsAssignableTo(typeof(IBackgroundCmdlet)));
    }

    [Fact]
    public void Each_node_has_a_child_with_its_own_objects_and_errors()
    {
        var run = Run(
            """
            $job = Test-Work 'n[1-4]' -Fail n2, n3 -AsJob
            $job | Wait-Job -Timeout 30 | ForEach-Object { "$($_.State) $($_.Location) $($_.StatusMessage)" }
            $job.ChildJobs | ForEach-Object { "$($_.Name) $($_.State) $($_.Output.Node) $($_.Error.TargetObject)".TrimEnd() }
            ($job | Receive-Job -ErrorAction SilentlyContinue -ErrorVariable failed).Node -join ' '
            ($failed | Where-Object FullyQualifiedErrorId -Like 'DiskFull*').TargetObject -join ' '
            "$($job.HasMoreData)"
            """);
        Assert.Equal(
            [
                "Failed n[1-4] 4 of 4 nodes", "n1 Completed n1", "n2 Failed  n2", "n3 Failed  n3", "n4 Completed n4",
                "n1 n4", "n2 n3", "False",
            ],
            run.Output.Select(line => line.ToString()));
    }

    [Theory]
    [InlineData("'n1', 'n2' | Test-Work -AsJob")]
    [InlineData("[pscustomobject] @{ Node = 'n1' }, [pscustomobject] @{ Nodes = 'n2' } | Test-Work -AsJob")]
    [InlineData("Test-Work n1, n2 -AsJob")]
    public void What_comes_by_the_pipeline_is_in_it_as_in_the_foreground(string script) => Assert.Equal(
        ["n1", "n2"],
        Run($"{script} | Wait-Job -Timeout 30 | Receive-Job").Output.Select(row => row.Properties["Node"].Value));

    [Fact]
    public void A_pipeline_that_held_nothing_starts_nothing() => Assert.Empty(Run("@() | Test-Work -AsJob").Output);

    [Fact]
    public void To_stop_a_child_stops_the_work_which_takes_back_what_it_has_to()
    {
        var run = Run(
            """
            $job = Test-Work n1, n2 -Endless -AsJob
            while (-not $job.Warning.Count) { [System.Threading.Thread]::Sleep(20) }
            $job.ChildJobs[1].StopJob()
            "$($job.State) $($job.ChildJobs.State)"
            "$([PisaHpc.Unit.Face.BackgroundJobTests+WorkCommand]::HasTakenBack)"
            """);
        Assert.Equal(["Stopped Stopped Stopped", "True"], run.Output.Select(line => line.ToString()));
    }

    [Fact]
    public void What_a_stopped_one_took_back_is_among_its_warnings() => Assert.Equal(
        ["begun", "Job 1: 1 container was taken back from n1."],
        Run(
            """
            $job = Test-Work n1 -Endless -AsJob
            while (-not $job.Warning.Count) { [System.Threading.Thread]::Sleep(20) }
            $job.StopJob()
            $job.Warning.Message
            """).Output.Select(line => line.ToString()));

    [Fact]
    public void A_session_that_ends_stops_what_still_runs_and_its_host_says_what_was_taken_back()
    {
        var said = SessionWith(
            """
            $job = Test-Work n1 -Endless -AsJob
            while (-not $job.Warning.Count) { [System.Threading.Thread]::Sleep(20) }
            $job | Receive-Job -WarningAction SilentlyContinue
            """);
        Assert.Matches("^The session ends: its job [0-9]+, Test-Work, is stopped, and takes back what it has begun.$", said[0]);
        Assert.Equal("Job 1: 1 container was taken back from n1.", said[^1]);
        Assert.True(WorkCommand.HasTakenBack);
    }

    [Fact]
    public void None_of_the_jobs_of_a_session_that_ends_waits_for_another_one()
    {
        WorkCommand.Stopped.Reset();
        var said = SessionWith(
            """
            $jobs = 1..2 | ForEach-Object { Test-Work n1 -Endless -Together -AsJob }
            while ($jobs.Where{ -not $_.Warning.Count }) { [System.Threading.Thread]::Sleep(20) }
            """);
        Assert.Equal(2, said.Count(line => line == "Job 1: 1 container was taken back from n1."));
    }

    [Fact]
    public void A_session_whose_jobs_have_ended_ends_without_a_word() =>
        Assert.Empty(SessionWith("Test-Work n1 -AsJob | Wait-Job -Timeout 30 | ForEach-Object State"));

    [Fact]
    public void One_that_is_stopped_before_it_has_begun_never_begins()
    {
        var run = Run(
            """
            $jobs = 1..5 | ForEach-Object { $job = Test-Work n1 -Endless -AsJob; $job.StopJob(); $job }
            $jobs.State -join ' '
            """);
        Assert.Equal("Stopped Stopped Stopped Stopped Stopped", Assert.Single(run.Output).ToString());
    }

    [Fact]
    public void What_a_stopped_one_could_not_take_back_is_among_its_errors()
    {
        var run = Run(
            """
            $job = Test-Work n1 -Endless -Stuck -AsJob
            while (-not $job.Warning.Count) { [System.Threading.Thread]::Sleep(20) }
            $job.StopJob()
            "$($job.State) $($job.Error.FullyQualifiedErrorId)"
            """);
        Assert.StartsWith("Stopped JobLeftBehind", Assert.Single(run.Output).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_of_no_node_is_in_the_job_itself()
    {
        var run = Run(
            """
            $job = Test-Work n1 -Whole -AsJob | Wait-Job -Timeout 30
            "$($job.State)"
            $job | Receive-Job
            """);
        Assert.Equal("Failed", Assert.Single(run.Output).ToString());
        Assert.Equal("JobNotStarted", Assert.Single(run.Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Where_nothing_is_to_be_changed_there_is_no_job()
    {
        Assert.Contains("Leave -AsJob out", Run("Test-Work n1 -AsJob -WhatIf").Failure("InvalidValue").ErrorDetails.RecommendedAction,
            StringComparison.Ordinal);
        Run("$WhatIfPreference = $true; Test-Work n1 -AsJob").Failure("InvalidValue");
    }

    [Fact]
    public void Where_each_change_is_to_be_asked_for_there_is_no_job()
    {
        Run("Test-Work n1 -AsJob -Confirm").Failure("InvalidValue");
        Assert.Equal("n1", Assert.Single(Run("Test-Work n1 -AsJob -Confirm:$false | ForEach-Object { $_.Location }").Output).ToString());
    }

    /// <summary>Runs a script in a session of its own and ends that.</summary>
    /// <returns>What its host was told in warnings after the script.</returns>
    private static IReadOnlyList<string> SessionWith(string script)
    {
        using var text = new StringWriter();
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Test-Work", typeof(WorkCommand), helpFileName: null));
        var host = new ScriptHost(new ScriptUserInterface(new MessageWriter(text, OutputFormat.Json), OutputFormat.Json));
        using var session = RunspaceFactory.CreateRunspace(host, state);
        session.Open();
        using var shell = PowerShell.Create(session);
        shell.AddScript(script).Invoke();
        Assert.Empty(shell.Streams.Error);
        text.GetStringBuilder().Clear();
        session.Close();
        return
        [
            .. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("warning").GetProperty("message").GetString()!),
        ];
    }

    private static CmdletRun Run(string script) => CmdletRun.Of(script, ("Test-Work", typeof(WorkCommand)));

    /// <summary>Work on nodes.</summary>
    [Cmdlet(VerbsDiagnostic.Test, "Work", SupportsShouldProcess = true)]
    public sealed class WorkCommand : NodeListCmdlet, IBackgroundCmdlet
    {
        /// <summary>Whether work that was stopped has taken back what it had begun.</summary>
        public static bool HasTakenBack { get; private set; }

        /// <summary>Set when two runs that end together are at it.</summary>
        public static CountdownEvent Stopped { get; } = new(2);

        [Parameter]
        public string[] Fail { get; set; } = [];

        [Parameter]
        public SwitchParameter Endless { get; set; }

        [Parameter]
        public SwitchParameter Stuck { get; set; }

        [Parameter]
        public SwitchParameter Together { get; set; }

        [Parameter]
        public SwitchParameter Whole { get; set; }

        [Parameter]
        public SwitchParameter AsJob { get; set; }

        IEnumerable<string> IBackgroundCmdlet.NodesBound() => NodesNow;

        protected override async Task EndAsync()
        {
            if (Whole)
            {
                throw new HpcException(ErrorId.JobNotStarted, "It was not started.", "1");
            }

            await OnEachAsync("Working", Phase.Survey, NodesMeant(), (node, _) => Fail.Contains(node)
                ? throw new HpcException(ErrorId.DiskFull, $"{node} is full.", node)
                : EmitAsync(node));
            if (Endless)
            {
                await WaitAsync();
            }
        }

        private Task EmitAsync(string node)
        {
            var row = new PSObject();
            row.Properties.Add(new PSNoteProperty("Node", node));
            Emit(row);
            return Task.CompletedTask;
        }

        private static bool IsEachStopped()
        {
            Stopped.Signal();
            return Stopped.Wait(TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        private async Task WaitAsync()
        {
            try
            {
                Warn("begun");
                await Task.Delay(Timeout.Infinite, StopToken);
            }
            catch (OperationCanceledException stopped) when (Stuck)
            {
                throw new HpcException(ErrorId.JobLeftBehind, "Something of it is left.", "1", innerException: stopped);
            }
            finally
            {
                HasTakenBack = !Stuck && (!Together || IsEachStopped());
                if (HasTakenBack)
                {
                    TakenBack.AddContainers("job 1", "n1", 1);
                }
            }
        }
    }
}
