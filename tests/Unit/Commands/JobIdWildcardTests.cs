using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>Where a pattern of jobs' ids is not taken, the error names the pipeline that does what was meant.</summary>
public sealed class JobIdWildcardTests
{
    [Theory]
    [InlineData("Stop-HpcJob '47*'", "Get-HpcJob '47*' | Stop-HpcJob")]
    [InlineData("Wait-HpcJob '47*'", "Get-HpcJob '47*' | Wait-HpcJob")]
    [InlineData("Clear-HpcOrphan '47*'", "Get-HpcJob '47*' | Clear-HpcOrphan")]
    [InlineData("Invoke-HpcJob '47*' hostname", "Get-HpcJob '47*' | Invoke-HpcJob")]
    [InlineData("Invoke-ContainerMpi -JobId '47*' -Command hostname", "Get-HpcJob '47*' | Invoke-ContainerMpi")]
    [InlineData("Remove-JobSshConfig '47*'", "Get-JobSshConfig '47*' | Remove-JobSshConfig")]
    [InlineData("Remove-JobPort '47*' -Path /none", "Get-JobPort '47*' | Remove-JobPort")]
    public void The_next_step_is_the_pipeline(string script, string pipeline)
    {
        using var engine = new SocketEngine();
        var run = CmdletRun.Of(
            $"$PSDefaultParameterValues['*:Site'] = '{engine.Site}'; {script}",
            [.. CmdletFacts.All.Select(cmdlet => (cmdlet.Name, cmdlet.Type))]);
        Assert.Contains(pipeline, run.Failure("InvalidValue").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }
}
