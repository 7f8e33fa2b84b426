using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Setup;

/// <summary>
/// An engine of a test's own on this machine, in swarm mode, with its configuration elsewhere than usual. Its network and its mounts are
/// its own: an engine without a bridge removes the one named docker0, whosever it is.
/// </summary>
public sealed class SwarmEngine : IAsyncDisposable
{
    /// <summary>What systemd is to docker.service elsewhere: a restart has worked when the engine answers. $1 where all of it lies.</summary>
    private const string Script = """
        #!/bin/sh
        set -eu
        place=$1
        case $2 in reload) exec kill -HUP "$(cat "$place/pid")" ;; esac
        if pid=$(cat "$place/pid" 2>/dev/null); then
          kill -TERM "$pid" 2>/dev/null || :
          while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
        fi
        [ "$2" = restart ] || exit 0
        rm -f "$place/pid" "$place/started"
        setsid --fork unshare --net --mount sh -c '
          ip link set lo up; echo $$ > "$1/started"; shift; exec dockerd "$@"' sh "$place" \
          --config-file "$place/engine.json" --host "unix://$place/s" --data-root "$place/root" --exec-root "$place/exec" \
          --pidfile "$place/pid" --bridge none --iptables=false --ip6tables=false --oom-score-adjust 0 $(cat "$place/more") \
          </dev/null >>"$place/log" 2>&1
        until [ -s "$place/started" ]; do sleep 0.05; done
        until docker -H "unix://$place/s" version >/dev/null 2>&1; do
          kill -0 "$(cat "$place/started")" 2>/dev/null || { tail -n 1 "$place/log" >&2; exit 1; }
          sleep 0.1
        done
        """;

    private readonly string _place = Directory.CreateTempSubdirectory("pisahpc-swarm-").FullName;

    /// <summary>A site definition for which it is this machine's own engine.</summary>
    public string Site => Path.Combine(_place, "site.yaml");

    /// <summary>Its configuration.</summary>
    public string Config => Path.Combine(_place, "engine.json");

    /// <summary>Its process.</summary>
    public string ProcessId => File.ReadAllText(Path.Combine(_place, "pid")).Trim();

    /// <summary>Starts it with a configuration, and begins a swarm of one node.</summary>
    public static async Task<SwarmEngine> StartAsync(string config)
    {
        var engine = new SwarmEngine();
        await File.WriteAllTextAsync(Path.Combine(engine._place, "engine.sh"), Script);
        await File.WriteAllTextAsync(engine.Config, config);
        await engine.OptionsOfTheNextStartAsync("");
        await File.WriteAllTextAsync(engine.Site, $$"""
            registry: registry.lab:5000
            runDirectory: {{engine._place}}/run
            nodes: { ssh: { client: local }, engineSocket: {{engine._place}}/s }
            engine:
              registryTrust: insecure
              reload: [ sh, {{engine._place}}/engine.sh, {{engine._place}}, reload ]
              restart: [ sh, {{engine._place}}/engine.sh, {{engine._place}}, restart ]

            """);
        (await engine.RunAsync("restart")).EndedWith(0);
        (await engine.DockerAsync("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")).EndedWith(0);
        return engine;
    }

    /// <summary>What it is started with beside its own options, the next time.</summary>
    public Task OptionsOfTheNextStartAsync(string options) => File.WriteAllTextAsync(Path.Combine(_place, "more"), options);

    /// <summary>Says something more in the site definition's engine section.</summary>
    public Task WantAsync(string setting) => File.AppendAllTextAsync(Site, $"  {setting}\n");

    /// <summary>Runs the docker client against it.</summary>
    public Task<ProcessResult> DockerAsync(params string[] arguments) =>
        RunningProcess.RunAsync("docker", ["-H", $"unix://{_place}/s", .. arguments]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DockerAsync("swarm", "leave", "--force");
        (await RunAsync("stop")).EndedWith(0);
        Directory.Delete(_place, recursive: true);
    }

    private Task<ProcessResult> RunAsync(string what) => RunningProcess.RunAsync("sh", [Path.Combine(_place, "engine.sh"), _place, what]);
}
