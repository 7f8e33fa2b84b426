using System.Management.Automation.Subsystem.Prediction;
using PisaHpc.Module.Base;
using PisaHpc.Module.Suggestions;

namespace PisaHpc.Unit.Commands;

/// <summary>What a prompt shows of an error's next step.</summary>
public sealed class SuggestionTests
{
    public static TheoryData<string, string[]> Remedies => new()
    {
        { "Stop it first: Stop-HpcJob '4711'.", ["Stop-HpcJob '4711'"] },
        { "See what each node holds: Get-HpcImage; then bring them to one: Update-HpcImage.", ["Get-HpcImage", "Update-HpcImage"] },
        { "Stop it: Get-HpcContainer o2wn01 -Name a.b | Stop-HpcContainer.", ["Get-HpcContainer o2wn01 -Name a.b | Stop-HpcContainer"] },
        { "Or: Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24.", ["Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24"] },
        { "When the nodes answer again: Stop-HpcJob -JobId '42'. The port stays leased until then.", ["Stop-HpcJob -JobId '42'"] },
        { "Bring them to it: Update-HpcImage -Node n1 -Image r.lab:5000/a/b:1.2.", ["Update-HpcImage -Node n1 -Image r.lab:5000/a/b:1.2"] },
        { "See what to do about each: Test-HpcContainer with the same parameters, and Format-List.", [] },
        { "Name a key that the node accepts: nodes.ssh.keys in the site definition.", [] },
        { "Check it: Remove-Item x.", [] },
        { "Or take another id: Get-HpcAllocation -JobId.", [] },
        { "See what it is made of: Get-HpcEnvironment -Explain.", ["Get-HpcEnvironment -Explain"] },
        { "Update the container engine on the node.", [] },
        { "See that it answers: ssh o2wn07 true.", ["ssh o2wn07 true"] },
        { "If it is the same, add it: ssh-keyscan -t ed25519 n1 >> /etc/a.b/hosts.", ["ssh-keyscan -t ed25519 n1 >> /etc/a.b/hosts"] },
        { "On the node: systemctl start docker; or see: Get-HpcNode o2wn07.", ["Get-HpcNode o2wn07"] },
    };

    [Theory]
    [MemberData(nameof(Remedies))]
    public void A_next_step_s_commands_are_what_it_names_behind_a_colon(string remedy, string[] commands) =>
        Assert.Equal(commands, RemedyCommands.In(remedy));

    [Fact]
    public void An_error_s_feedback_says_what_it_is_about_and_proposes_its_commands()
    {
        var failure = new HpcException(ErrorId.HostKeyUnknown, "Unknown.", "o2wn07", "Take it up: Export-HpcKnownHost -Node o2wn07.");
        var shown = RemedyFeedback.Of(ErrorCatalogue.RecordOf(failure))!;

        Assert.Equal("HostKeyUnknown: o2wn07", shown.Header);
        Assert.Equal(["Export-HpcKnownHost -Node o2wn07"], shown.RecommendedActions);
        Assert.Equal(["Export-HpcKnownHost -Node o2wn07"], Predicted("export-hpc"));
        Assert.Empty(Predicted("Get-"));
        Assert.Empty(Predicted("Export-HpcKnownHost -Node o2wn07"));
    }

    [Fact]
    public void What_stands_in_the_catalogue_is_proposed_where_no_failure_has_a_next_step_of_its_own()
    {
        var commands = from id in Enum.GetValues<ErrorId>()
                       let shown = RemedyFeedback.Of(ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", "o2wn07")))
                       where shown is not null
                       select $"{id}: {string.Join(", ", shown.RecommendedActions!)}";
        Assert.Equal(
            [
                "NodeUnreachable: ssh o2wn07 true",
                "NodeTimeout: Get-HpcNode o2wn07",
                "NodeShellRefused: ssh o2wn07 id",
                "HostKeyUnknown: ssh-keyscan -t ed25519 o2wn07",
                "EngineUnavailable: ssh o2wn07 systemctl status docker",
                "EngineTimeout: ssh o2wn07 journalctl -u docker",
                "ImageNotFound: Get-HpcEnvironment -Explain",
                "ImageSourceInvalid: tar --list --file o2wn07",
                "ImageMismatch: Get-HpcImage, Update-HpcImage",
                "DeviceMissing: Get-IbDevice -Node o2wn07",
                "LimitNotInForce: Test-HpcNode o2wn07",
                "PlanConflict: Get-HpcEnvironment -Explain",
                "ContainerNotReady: Get-HpcContainerLog",
                "AllocationNotFound: Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24",
                "EnvironmentNotFound: Get-HpcEnvironment",
                "StaticNotReady: Compare-HpcEnvironment, Sync-HpcEnvironment",
                "TerminalMissing: Invoke-ContainerCommand",
                "JobLeftBehind: Stop-HpcJob -JobId 'o2wn07'",
                "JobOfAnotherUser: Stop-HpcJob -JobId 'o2wn07'",
                "JobNotInState: Get-HpcJob 'o2wn07'",
                "JobNotFound: Get-HpcJob",
                "ContainerNotFound: Get-HpcContainer",
                "UserNotFound: getent passwd o2wn07",
                "NodeCheckFailed: Test-HpcNode o2wn07 | Where-Object Result -NE Passed | Format-List",
            ],
            commands);
    }

    [Fact]
    public void Of_others_errors_and_of_none_nothing_is_said()
    {
        var without = new HpcException(ErrorId.EngineTooOld, "Old.", "o2wn07", "Update the container engine on the node.");
        Assert.Null(RemedyFeedback.Of(null));
        Assert.Null(RemedyFeedback.Of(ErrorCatalogue.RecordOf(without)));
        Assert.Null(RemedyFeedback.Of(new System.Management.Automation.ErrorRecord(
            new InvalidOperationException("x"), "Foreign", System.Management.Automation.ErrorCategory.NotSpecified, null)));
    }

    private static IEnumerable<string> Predicted(string line)
    {
        var package = new RemedyPredictor().GetSuggestion(
            new PredictionClient("test", PredictionClientKind.Terminal), PredictionContext.Create(line), CancellationToken.None);
        return package.SuggestionEntries?.Select(entry => entry.SuggestionText) ?? [];
    }
}
