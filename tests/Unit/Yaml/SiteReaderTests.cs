using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Yaml;

public sealed class SiteReaderTests
{
    private const string Whole = """
        registry: registry.lab:5000
        portArea: { path: /var/lib/pisahpc/ports, first: 22000, last: 22999, timeToLive: 2d12h }
        nodes:
          names: [ 'o2wn[01-02]', login1 ]
          ssh:
            user: root
            port: 2222
            keys: [ keys/id_ed25519, ~/.ssh/other, /abs/key ]
            knownHosts: known_hosts
            client: openssh
            config: ssh_config
            connectTimeout: 5s
            idleTimeout: 10m
          engineSocket: /run/podman/podman.sock
        runDirectory: /run/hpc
        defaults:
          mounts: [ /etc/resolv.conf, { source: /cvmfs, optional: true, propagation: rslave } ]
          limits: { memlock: unlimited, shm: 8g }
        environments:
          debian12: { image: pisa/hpc:deb12, aliases: [ docker-deb12 ], mpi: mpich }
          cs7:
            image: pisa/cs7:latest
            network: bridge
            hostname: '{node}-{job}'
            mpiNetwork: 10.10.13.0/24
            mounts: [ /a:/b:ro ]
            limits: { memlock: host, openFiles: host, memory: 64g, cpus: none, pids: 4096 }
            capabilities: [ CAP_SYS_PTRACE ]
            securityOptions: [ seccomp=unconfined ]
            devices: [ mlx5_0 ]
            variables: { OMP_NUM_THREADS: 1, EMPTY: '' }
            init: false
            privileged: false
            sshd: /opt/sshd
            readyTimeout: 1m30s
        queues:
          hpc: { environment: debian12, limits: { memoryPerSlot: 2g } }
        records: { directory: /gpfs/pisahpc/records, keep: 90d }
        batch: { host: login1, cluster: pisa, drain: { after: 4, perHour: 1 } }
        """;

    [Fact]
    public void A_definition_with_every_key_is_read()
    {
        var site = SiteText.Read(Whole);

        Assert.Equal(SiteText.File, site.Path);
        Assert.Equal("registry.lab:5000", site.Registry);
        Assert.Equal(new PortAreaDefinition("/var/lib/pisahpc/ports", 22000, 22999, TimeSpan.FromHours(60)), site.PortArea);
        Assert.Equal(new RecordsDefinition("/gpfs/pisahpc/records", TimeSpan.FromDays(90)), site.Records);
        Assert.Equal(new BatchSettings { Host = "login1", Cluster = "pisa", Drain = new DrainRule { After = 4, PerHour = 1 } }, site.Batch);
        Assert.Equal("/run/hpc", site.RunDirectory);
        Assert.Equal(["debian12", "cs7"], site.Environments.Keys);
        Assert.Equal("debian12", site.Queues["hpc"].Environment);
        Assert.Equal("queue hpc", site.Queues["hpc"].Settings.Layer);
        Assert.Equal(2L << 30, site.Queues["hpc"].Settings.Limits.MemoryPerSlot!.Value);
    }

    [Theory]
    [InlineData("sched01@lab", "sched01@lab")]
    [InlineData("[ sched01@lab, sched02.lab ]", "sched01@lab, sched02.lab")]
    public void HTCondors_schedulers_are_one_or_several(string written, string read)
    {
        var batch = SiteText.Read($"batch: {{ system: htcondor, schedulers: {written} }}\n").Batch;
        Assert.Equal((Scheduler.HTCondor, read), (batch.System, string.Join(", ", batch.Schedulers)));
    }

    [Fact]
    public void Nodes_are_reached_as_the_definition_says_and_its_paths_start_at_its_directory()
    {
        var nodes = SiteText.Read(Whole).Nodes;

        Assert.Equal(["o2wn[01-02]", "login1"], nodes.Names);
        Assert.Equal(("root", 2222, SshClientKind.OpenSsh), (nodes.User, nodes.Port, nodes.Client));
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(["/etc/pisahpc/keys/id_ed25519", home + "/.ssh/other", "/abs/key"], nodes.Keys);
        Assert.Equal(["/etc/pisahpc/known_hosts"], nodes.KnownHosts);
        Assert.Equal("/etc/pisahpc/ssh_config", nodes.Config);
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10)), (nodes.ConnectTimeout, nodes.IdleTimeout));
        Assert.Equal("/run/podman/podman.sock", nodes.EngineSocket);
    }

    [Fact]
    public void An_environment_has_every_setting_with_its_line()
    {
        var layer = SiteText.Read(Whole).Environments["cs7"];

        Assert.Equal("environment cs7", layer.Layer);
        Assert.Equal(NetworkMode.Bridge, layer.Network!.Value);
        Assert.Equal(new SourcePosition(SiteText.File, 23, 14), layer.Network.Source);
        Assert.Equal("{node}-{job}", layer.Hostname!.Value);
        Assert.Equal("10.10.13.0/24", layer.MpiNetwork!.Value);
        Assert.Equal(new MountDefinition { Source = "/a", Target = "/b", ReadOnly = true }, Assert.Single(layer.Mounts!.Items).Value);
        Assert.Null(layer.Limits.Memlock!.Value);
        Assert.Null(layer.Limits.OpenFiles!.Value);
        Assert.Equal(64L << 30, layer.Limits.Memory!.Value);
        Assert.False(layer.Limits.CpusFromSlots!.Value);
        Assert.Equal(4096, layer.Limits.Pids!.Value);
        Assert.Equal("SYS_PTRACE", Assert.Single(layer.Capabilities!.Items).Value);
        Assert.Equal("mlx5_0", Assert.Single(layer.Devices!.Items).Value);
        Assert.Equal(("1", ""), (layer.Variables["OMP_NUM_THREADS"].Value, layer.Variables["EMPTY"].Value));
        Assert.False(layer.Init!.Value);
        Assert.Equal("/opt/sshd", layer.Sshd!.Value);
        Assert.Equal(TimeSpan.FromSeconds(90), layer.ReadyTimeout!.Value);
    }

    [Fact]
    public void What_a_layer_does_not_say_is_null()
    {
        var layer = SiteText.Read(Whole).Environments["debian12"];

        Assert.Equal(MpiFlavour.Mpich, layer.Mpi!.Value);
        Assert.Null(layer.Network);
        Assert.Null(layer.Mounts);
        Assert.Equal(LimitSettings.Empty, layer.Limits);
        Assert.Empty(layer.Variables);
    }

    [Fact]
    public void An_empty_definition_is_the_built_in_values()
    {
        Assert.Equal(new HpcSite().Nodes, SiteText.Read("").Nodes);
        Assert.Equal("/run/pisahpc", SiteText.Read("# nothing yet\n").RunDirectory);
    }

    [Fact]
    public void Empty_maps_and_lists_say_nothing()
    {
        var layer = SiteText.Read("""
            environments:
              e:
                image: x/y:1
                mounts:
                limits:
            """).Environments["e"];

        Assert.Empty(layer.Mounts!.Items);
        Assert.Equal(LimitSettings.Empty, layer.Limits);
    }

    [Fact]
    public void Anchors_aliases_and_merge_keys_share_settings()
    {
        var site = SiteText.Read("""
            environments:
              a: &base
                image: x/a:1
                mounts: &mounts [ /a, /b ]
                network: bridge
              b:
                <<: *base
                image: x/b:1
              c: { image: x/c:1, mounts: *mounts }
            """);

        Assert.Equal("x/b:1", site.Environments["b"].Image!.Value);
        Assert.Equal(NetworkMode.Bridge, site.Environments["b"].Network!.Value);
        Assert.Equal(["/a", "/b"], site.Environments["c"].Mounts!.Items.Select(mount => mount.Value.Source));
        Assert.Equal(4, site.Environments["c"].Mounts!.Items[0].Source!.Line);
    }

    [Fact]
    public void A_list_tagged_replace_replaces()
    {
        var layer = SiteText.Read("environments: { e: { image: x/y:1, mounts: !replace [ /a ] } }").Environments["e"];

        Assert.True(layer.Mounts!.Replaces);
    }
}
