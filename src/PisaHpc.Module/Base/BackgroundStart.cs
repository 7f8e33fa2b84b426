using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that can go on in the background.</summary>
internal interface IBackgroundCmdlet
{
    /// <summary>Whether it is to.</summary>
    SwitchParameter AsJob { get; }

    /// <summary>The nodes that it is known to go to, by what is bound now; empty where only the work itself finds out.</summary>
    IEnumerable<string> NodesBound();
}

/// <summary>
/// Makes a job of a cmdlet: of the same command with the same parameters and the same objects from the pipeline, in a session of its own,
/// at the same location and with the same preferences.
/// </summary>
/// <param name="cmdlet">The cmdlet, before its first input.</param>
internal sealed class BackgroundStart(PSCmdlet cmdlet)
{
    /// <summary>Variables of the caller's session by which the common parameters go where they are not used.</summary>
    private static readonly string[] Preferences =
    [
        "ErrorActionPreference", "WarningPreference", "VerbosePreference", "DebugPreference", "InformationPreference", "ConfirmPreference",
        "ProgressPreference",
    ];

    /// <summary>They name variables of the caller's session, which a job has not.</summary>
    private static readonly string[] OfCaller =
    [
        nameof(IBackgroundCmdlet.AsJob),
        "OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable", "OutBuffer",
    ];

    private readonly Dictionary<string, object> _typed = new(cmdlet.MyInvocation.BoundParameters, StringComparer.OrdinalIgnoreCase);
    private readonly List<object> _input = [];
    private readonly List<string> _nodes = [];

    /// <summary>The start of a cmdlet in the background; null where it was not asked to go there.</summary>
    public static BackgroundStart? Of(PSCmdlet cmdlet) =>
        cmdlet is IBackgroundCmdlet { AsJob.IsPresent: true } ? new BackgroundStart(cmdlet) : null;

    /// <summary>Takes what the pipeline bound to the cmdlet.</summary>
    /// <param name="nodes">The nodes that it goes to by that.</param>
    /// <returns>Whether the pipeline bound anything.</returns>
    public bool Add(IEnumerable<string> nodes)
    {
        _nodes.AddRange(nodes);
        if (!cmdlet.MyInvocation.ExpectingInput)
        {
            return false;
        }

        var piped = cmdlet.MyInvocation.BoundParameters.Where(bound => !_typed.ContainsKey(bound.Key)).ToList();
        var whole = piped.Find(bound => IsTakenWhole(bound.Key));
        if (whole.Key is not null)
        {
            _input.Add(whole.Value);
            return true;
        }

        var carrier = new PSObject();
        piped.ForEach(bound => carrier.Properties.Add(new PSNoteProperty(bound.Key, bound.Value)));
        _input.Add(carrier);
        return true;
    }

    /// <summary>Makes the job and starts it; null where the pipeline had nothing to work on.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: nothing is to be changed, or not without a question.
    /// </exception>
    public BackgroundJob? Start()
    {
        if (CommonParameter.IsWhatIf(cmdlet))
        {
            throw new HpcException(
                ErrorId.InvalidValue, "-WhatIf changes nothing and shows what would be: a job would show it to nobody.", "AsJob",
                "Leave -AsJob out.");
        }

        if (_typed.TryGetValue("Confirm", out var confirm) && LanguagePrimitives.IsTrue(confirm))
        {
            throw new HpcException(
                ErrorId.InvalidValue, "-Confirm asks before each change, and a job can ask nobody.", "AsJob", "Leave one of the two out.");
        }

        if (_typed.ContainsKey(nameof(NodeCmdlet.TraceVariable)))
        {
            throw new HpcException(
                ErrorId.InvalidValue, "-TraceVariable names a variable of this session, which a job has not.", "AsJob",
                "Leave one of the two out.");
        }

        if (cmdlet.MyInvocation.ExpectingInput && _input.Count == 0)
        {
            return null;
        }

        var shell = PowerShell.Create(RunspaceFactory.CreateRunspace(Session()));
        shell.AddCommand(cmdlet.MyInvocation.MyCommand.Name);
        foreach (var (name, value) in _typed.Where(bound => !OfCaller.Contains(bound.Key, StringComparer.OrdinalIgnoreCase)))
        {
            shell.AddParameter(name, value);
        }

        var job = new BackgroundJob(shell, cmdlet.MyInvocation.Line.Trim(), [.. _nodes.Distinct(StringComparer.Ordinal)]);
        job.Start(
            _input,
            cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath,
            new CallingSession(Runspace.DefaultRunspace, cmdlet.Host));
        return job;
    }

    /// <summary>The parameter that takes an object of the pipeline whole, rather than properties of it.</summary>
    private bool IsTakenWhole(string parameter) =>
        cmdlet.GetType().GetProperty(parameter)!.GetCustomAttributes<ParameterAttribute>().Any(attribute => attribute.ValueFromPipeline);

    private InitialSessionState Session()
    {
        var state = InitialSessionState.CreateDefault2();
        var type = cmdlet.GetType();
        var manifest = Path.Combine(Path.GetDirectoryName(type.Assembly.Location)!, "..", "PisaHpc.psd1");
        if (File.Exists(manifest))
        {
            state.ImportPSModule([manifest]);
        }
        else
        {
            state.Commands.Add(new SessionStateCmdletEntry(cmdlet.MyInvocation.MyCommand.Name, type, helpFileName: null));
        }

        foreach (var name in Preferences)
        {
            state.Variables.Add(new SessionStateVariableEntry(name, cmdlet.GetVariableValue(name), description: null));
        }

        return state;
    }
}
