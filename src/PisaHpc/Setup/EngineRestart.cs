using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Nodes;

namespace PisaHpc.Setup;

/// <summary>The configuration that an engine came up with.</summary>
internal enum EngineStart
{
    /// <summary>Nobody saw: the connection broke.</summary>
    Unknown,

    /// <summary>None: it does not run, or has never ended.</summary>
    None,

    /// <summary>The new one.</summary>
    New,

    /// <summary>The old one, with what keeps its containers.</summary>
    Keeping,

    /// <summary>The old one, as it was.</summary>
    Old,
}

/// <summary>What an engine that ran before is started with when it does not start with the new configuration.</summary>
/// <param name="Keeping">The old configuration, with what keeps its containers.</param>
/// <param name="Old">Where the old configuration is kept on the node; null where there was no file.</param>
internal sealed record EngineWayBack(byte[] Keeping, string? Old);

/// <summary>How a restart came out.</summary>
/// <param name="Start">What the engine came up with.</param>
/// <param name="Refusal">What the restart with the new configuration said, when it failed.</param>
/// <param name="LastWords">What the last restart said.</param>
internal sealed record RestartResult(EngineStart Start, string Refusal, string LastWords);

/// <summary>
/// Restarts an engine on the node itself, and starts one that does not come up again with what it had before. Once begun, that goes on
/// whatever becomes of this process and of the connection: it runs in a session of its own, so that an engine that ran is never left dead
/// by a caller who is gone.
/// </summary>
/// <param name="command">The site's command for a restart.</param>
/// <param name="limit">How long one restart may take.</param>
internal sealed class EngineRestart(INodeConnection connection, IReadOnlyList<string> command, TimeSpan limit)
{
    private const string Section = "--- ";
    private const string NoFile = "none";
    private const int StartedKeeping = 20, StartedOld = 21, StartedNone = 22, MostAttempts = 5;

    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(10);

    private static readonly NodeScript Script = NodeScript.Of("Setup/engine-restart.sh");

    /// <summary>What restarts the engine, and goes back to the old file, in a session of its own.</summary>
    private static readonly NodeScript Guard = NodeScript.Of("Setup/engine-restart-guard.sh");

    /// <summary>
    /// Restarts the engine. It is not interrupted: whether and with what the engine runs has to be known for what comes next.
    /// </summary>
    /// <param name="file">The engine's configuration, which is the new one.</param>
    /// <param name="marker">The mark of the change.</param>
    /// <param name="back">What to start an engine with that ran before; null for one that did not.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>: nothing was restarted. <see cref="ErrorId.NodeTimeout"/>, or that of a connection that
    /// broke: the node goes on by itself.
    /// </exception>
    public async Task<RestartResult> RunAsync(string file, string marker, EngineWayBack? back)
    {
        var keeping = back?.Keeping ?? [];
        var old = back is null ? "" : back.Old ?? NoFile;
        string[] arguments = [Guard.Text, Convert.ToHexStringLower(SHA256.HashData(keeping)), file, marker, old, Seconds(limit)];
        using var all = new CancellationTokenSource((limit + KillGrace) * MostAttempts + KillGrace);
        try
        {
            var result = await connection.RunAsync(Script.Command([.. arguments, .. command]), keeping, all.Token);
            return Read(result);
        }
        catch (OperationCanceledException exception) when (all.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.NodeTimeout,
                $"{Quote.Of(string.Join(' ', command))} did not end, however often.",
                connection.Node,
                null,
                exception);
        }
    }

    private RestartResult Read(NodeCommandResult result)
    {
        var start = result.ExitCode switch
        {
            0 => EngineStart.New,
            StartedKeeping => EngineStart.Keeping,
            StartedOld => EngineStart.Old,
            StartedNone => EngineStart.None,
            _ => throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Nothing was restarted on {connection.Node}: sh ended with {result.ExitCode}: "
                + Quote.Words($"{result.Error.Trim()} {result.Text}"),
                connection.Node),
        };
        var attempts = result.Text.Split("\n" + Section).Skip(1)
            .Select(text => text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..].Trim()).ToList();
        return new RestartResult(start, Words(attempts.FirstOrDefault()), Words(attempts.LastOrDefault()));
    }

    private string Words(string? said) => $"{Quote.Of(string.Join(' ', command))} failed: {Quote.Words(said?.TrimEnd('.'))}.";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
