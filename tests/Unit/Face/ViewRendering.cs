using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;
using Microsoft.PowerShell.Commands;

namespace PisaHpc.Unit.Face;

/// <summary>A session with the module's views, which shows objects as a prompt does.</summary>
public sealed partial class ViewRendering : IDisposable
{
    private readonly Runspace _session;

    public ViewRendering()
    {
        var state = InitialSessionState.CreateDefault2();
        state.Formats.Add(new SessionStateFormatEntry(Checkout.PathOf("PisaHpc.Format.ps1xml")));
        state.Commands.Add(new SessionStateCmdletEntry("Format-Table", typeof(FormatTableCommand), helpFileName: null));
        state.Commands.Add(new SessionStateCmdletEntry("Out-String", typeof(OutStringCommand), helpFileName: null));
        _session = RunspaceFactory.CreateRunspace(state);
        _session.Open();
    }

    public void Dispose() => _session.Dispose();

    /// <summary>The lines of a table, without colours.</summary>
    /// <param name="view">The view's name; null for the one that a prompt takes.</param>
    public IReadOnlyList<string> Lines(object value, string? view, int width)
    {
        const string Prompt = "param($Value, $Width) $Value | Out-String -Stream -Width $Width";
        const string Named = "param($Value, $Width, $View) $Value | Format-Table -View $View | Out-String -Stream -Width $Width";
        using var shell = PowerShell.Create(_session);
        shell.AddScript(view is null ? Prompt : Named).AddParameter("Value", value).AddParameter("Width", width);
        if (view is not null)
        {
            shell.AddParameter("View", view);
        }

        var lines = shell.Invoke<string>();
        Assert.Empty(shell.Streams.Error);
        return [.. lines.Select(line => Colour().Replace(line, "")).Where(line => !string.IsNullOrWhiteSpace(line))];
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colour();
}
