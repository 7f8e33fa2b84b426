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
/// <param name="connection">The node.</param>
/// <param name="command">The site's command for a restart.</param>
/// <param name="limit">How long one restart may take.</param>
internal sealed class EngineRestart(INodeConnection connection, IReadOnlyList<string> command, TimeSpan limit)
{
    private const string Section = "--- ";
    private const string NoFile = "none";
    private const int StartedKeeping = 20, StartedOld = 21, StartedNone = 22, MostAttempts = 5;

    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Waits for <see cref="Guard"/>. $1 that, $2 the SHA-256 of standard input, since a connection that breaks is an end of file too; then
    /// its arguments. What it says goes to a file without a name and not to a pipe, whose reader may die.
    /// </summary>
    private const string Script = """
        set -eu
        guard=$1; hash=$2; shift 2
        said=; keeping=
        trap 'rm -f "$said" "$keeping"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        said=$(mktemp)
        keeping=$(mktemp)
        cat > "$keeping"
        if [ "$(sha256sum < "$keeping" | cut -d ' ' -f 1)" != "$hash" ]; then
          echo 'the connection broke before all of it had come' >&2; exit 24
        fi
        exec 3> "$said" 4< "$keeping" 5< "$said"
        rm -f "$said" "$keeping"
        setsid sh -c "$guard" restart "$@" < /dev/null > /dev/null 2>&1 &
        code=0; wait $! || code=$?
        cat <&5
        exit $code
        """;

    /// <summary>
    /// $1 the engine's file, $2 the mark of the change, $3 where the old file is kept, none, or nothing for an engine that did not run;
    /// $4 seconds for a restart; then its command. Standard input of 4 is the old configuration with what keeps containers. What is put in
    /// place later is made ready first: a full disk is then found before anything stops. Each is tried twice: a start that fails ends its
    /// containerd, and the next one may still find it and wait for it in vain (moby, libcontainerd/supervisor). Last comes the very old
    /// file, though containers may end with it: an engine that ran has to run.
    /// </summary>
    private const string Guard = """
        file=$1; marker=$2; old=$3; limit=$4; shift 4
        umask 022
        [ ! -L "$file" ] || file=$(readlink -f "$file")
        trap 'rm -f "$file.pisahpc-keeping" "$file.pisahpc-old"' EXIT
        attempt() {
          printf '\n--- %s\n' "$1" >&3; shift
          timeout -k 10 "$limit" "$@" < /dev/null >&3 2>&3 && return
          code=$?
          case $code in 124 | 137) echo "it did not end within $limit s" ;; *) echo "it ended with $code" ;; esac >&3
          return 1
        }
        digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
        ready() {
          { [ ! -e "$file" ] || cp -p "$file" "$file.pisahpc-keeping"; } && cat <&4 > "$file.pisahpc-keeping" || return 1
          digest "$file.pisahpc-keeping" >> "$marker" || return 1
          [ "$old" = none ] || cp -p "$old" "$file.pisahpc-old"
        }
        if [ -n "$old" ] && ! ready 2>&3; then exit 24; fi
        attempt new "$@" && exit 0
        [ -n "$old" ] || exit 22
        mv -f "$file.pisahpc-keeping" "$file" && for try in 1 2; do attempt keeping "$@" && exit 20; done
        if [ "$old" = none ]; then rm -f "$file"; else mv -f "$file.pisahpc-old" "$file"; fi
        for try in 1 2; do attempt old "$@" && exit 21; done
        exit 22
        """;

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
        string[] arguments = [Guard, Convert.ToHexStringLower(SHA256.HashData(keeping)), file, marker, old, Seconds(limit)];
        using var all = new CancellationTokenSource((limit + KillGrace) * MostAttempts + KillGrace);
        try
        {
            var result = await connection.RunAsync(["sh", "-c", Script, "restart", .. arguments, .. command], keeping, all.Token);
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
