using PisaHpc.Sites;

namespace PisaHpc.Unit.Yaml;

/// <summary>What is wrong with a definition, and where.</summary>
public sealed class SiteErrorTests
{
    [Theory]
    [InlineData("registy: a.b", 1, 1, "UnknownKey", "unknown key 'registy'; did you mean 'registry'?")]
    [InlineData("registry: http://a.b", 1, 11, "BadValue", "registry: 'http://a.b' is not a registry")]
    [InlineData("registry: registry", 1, 11, "BadValue", "registry: 'registry' is not a registry")]
    [InlineData("registry: [ a.b ]", 1, 11, "WrongType", "registry: a list is not a registry")]
    [InlineData("registry:", 1, 10, "WrongType", "registry: nothing is not a registry")]
    [InlineData("- a", 1, 1, "WrongType", "a list is not a map")]
    [InlineData("runDirectory: run", 1, 15, "BadValue", "runDirectory: 'run' is not an absolute path")]
    [InlineData("runDirectory: /run/../etc", 1, 15, "BadValue", "runDirectory: '/run/../etc' is not an absolute path")]
    [InlineData("registry: a.b\nrunDirectory: /a\nregistry: c.d", 3, 1, "DuplicateKey", "Key 'registry' stands here twice; first on line 1.")]
    public void The_definition_as_a_whole(string yaml, int line, int column, string rule, string message) =>
        AssertOnly(yaml, line, column, rule, message);

    [Theory]
    [InlineData("engine: { restart: [] }", 9, "reload and restart need a program")]
    [InlineData("engine: { registryTrust: insecure }", 9, "registryTrust and registryCertificate are of the site's registry, and there is none")]
    [InlineData("engine: { registryCertificate: /ca.crt }", 9, "registryTrust and registryCertificate are of the site's registry, and there is none")]
    public void The_engine(string yaml, int column, string message) => AssertOnly(yaml, 1, column, "BadValue", message);

    [Theory]
    [InlineData("{ drain: }", 17, "MissingKey", "batch.drain: key 'after' is missing")]
    [InlineData("{ drain: { perHour: 1 } }", 17, "MissingKey", "batch.drain: key 'after' is missing")]
    [InlineData("{ drain: { after: 0 } }", 26, "BadValue", "batch.drain.after: '0' is not a number of jobs from 1 to 1000")]
    [InlineData("{ drain: { after: 3, perHour: many } }", 38, "BadValue", "batch.drain.perHour: 'many' is not a number of nodes from 1 to 1000")]
    [InlineData("{ system: lsf, drain: { after: 3 } }", 23, "BadValue", "batch.drain: nodes are drained by the hooks of slurm alone")]
    [InlineData("{ system: htcondor }", 8, "MissingKey", "batch: key 'schedulers' is missing: each of HTCondor's schedulers counts jobs of its own")]
    [InlineData("{ system: htcondor, schedulers: s1, cluster: lab }", 44, "BadValue", "batch.cluster: 'cluster' is of another batch system than htcondor")]
    [InlineData("{ system: htcondor, schedulers: s1, profile: /p }", 44, "BadValue", "batch.profile: 'profile' is of another batch system than htcondor")]
    [InlineData("{ schedulers: s1 }", 10, "BadValue", "batch.schedulers: 'schedulers' is of another batch system than slurm")]
    [InlineData("{ system: htcondor, schedulers: [ a@b, a_b ] }", 8, "BadValue", "batch.schedulers: ids of jobs do not tell a@b and a_b apart")]
    [InlineData("{ system: htcondor, schedulers: -all }", 40, "BadValue", "batch.schedulers: '-all' is not a condor_schedd's name")]
    public void The_batch_system(string batch, int column, string rule, string message) =>
        AssertOnly($"batch: {batch}", 1, column, rule, message);

    [Theory]
    [InlineData("{ path: /p, first: 2000 }", 11, "MissingKey", "portArea: key 'last' is missing")]
    [InlineData("{ path: p, first: 2000, last: 2001 }", 19, "BadValue", "portArea.path: 'p' is not an absolute path")]
    [InlineData("{ path: /p, first: 22, last: 2001 }", 30, "BadValue", "portArea.first: '22' is not a port from 1024 to 65535")]
    [InlineData("{ path: /p, first: 2000, last: 65536 }", 42, "BadValue", "portArea.last: '65536' is not a port from 1024 to 65535")]
    [InlineData("{ path: /p, first: 3000, last: 2001 }", 11, "BadValue", "portArea: first (3000) is above last (2001)")]
    [InlineData("{ path: /p, first: 2000, last: 2001, timeToLive: 7 }", 60, "BadValue", "portArea.timeToLive: '7' is not a length of time")]
    [InlineData("{ path: /p, first: 2000, last: 2001, timeToLive: 0s }", 60, "BadValue", "portArea.timeToLive: '0s' is not a length of time")]
    public void The_port_area(string area, int column, string rule, string message) =>
        AssertOnly($"portArea: {area}", 1, column, rule, message);

    [Theory]
    [InlineData("nodes:\n  names: [ 'o2wn[02-01]' ]", 2, 12, "BadValue", "nodes.names: ")]
    [InlineData("nodes:\n  names: [ a, '' ]", 2, 15, "BadValue", "nodes.names: '' is not a node's name")]
    [InlineData("nodes:\n  ssh: { client: putty }", 2, 18, "BadValue", "nodes.ssh.client: 'putty' is not one of builtin, openssh, local")]
    [InlineData("nodes:\n  ssh: { client: openshh }", 2, 18, "BadValue", "nodes.ssh.client: 'openshh' is not one of builtin, openssh, local; did you mean 'openssh'?")]
    [InlineData("nodes:\n  ssh: { port: 0 }", 2, 16, "BadValue", "nodes.ssh.port: '0' is not a port from 1 to 65535")]
    [InlineData("nodes:\n  ssh: { knownhosts: a }", 2, 10, "UnknownKey", "nodes.ssh: unknown key 'knownhosts'; did you mean 'knownHosts'?")]
    [InlineData("nodes:\n  ssh: { user: 'a b' }", 2, 16, "BadValue", "nodes.ssh.user: 'a b' is not a login name")]
    [InlineData("nodes:\n  ssh: { keys: { a: b } }", 2, 16, "WrongType", "nodes.ssh.keys: a map is not a path")]
    public void The_nodes(string yaml, int line, int column, string rule, string message) => AssertOnly(yaml, line, column, rule, message);

    [Theory]
    [InlineData("imge: a", 5, "UnknownKey", "environments.e: unknown key 'imge'; did you mean 'image'?")]
    [InlineData("volumes: [ /a ]", 5, "UnknownKey", "environments.e: unknown key 'volumes'")]
    [InlineData("image: x/y:1", 5, "DuplicateKey", "Key 'image' stands here twice; first on line 3.")]
    [InlineData("mpi: lam", 10, "BadValue", "environments.e.mpi: 'lam' is not one of openmpi, mpich")]
    [InlineData("network: none", 14, "BadValue", "environments.e.network: 'none' is not one of host, bridge")]
    [InlineData("hostname: '{nod}'", 15, "BadValue", "environments.e.hostname: '{nod}' is not a host name, in which {node} and {job}")]
    [InlineData("mpiNetwork: 10.10.13.0/64", 17, "BadValue", "environments.e.mpiNetwork: '10.10.13.0/64' is not a network")]
    [InlineData("aliases: docker-e", 14, "WrongType", "environments.e.aliases: 'docker-e' is not a list")]
    [InlineData("aliases: [ 'a b' ]", 16, "BadValue", "environments.e.aliases: 'a b' is not a name")]
    [InlineData("init: yes", 11, "BadValue", "environments.e.init: 'yes' is not true or false")]
    [InlineData("privileged: 'true'", 17, "BadValue", "environments.e.privileged: 'true' is not true or false")]
    [InlineData("sshd: sshd", 11, "BadValue", "environments.e.sshd: 'sshd' is not an absolute path")]
    [InlineData("readyTimeout: 60", 19, "BadValue", "environments.e.readyTimeout: '60' is not a length of time with its unit")]
    [InlineData("capabilities: [ SYS_PTRCE ]", 21, "BadValue", "did you mean 'SYS_PTRACE'?")]
    [InlineData("securityOptions: [ 'a b' ]", 24, "BadValue", "environments.e.securityOptions: 'a b' is not a security option")]
    [InlineData("devices: [ all, mlx5_0 ]", 14, "BadValue", "environments.e.devices: 'all' stands beside other names")]
    [InlineData("devices: /dev/infiniband", 14, "BadValue", "environments.e.devices: '/dev/infiniband' is not 'all', 'none', or an adapter's name")]
    [InlineData("deviceFiles: [ /etc/passwd ]", 20, "BadValue", "environments.e.deviceFiles: '/etc/passwd' is not a path below /dev")]
    [InlineData("deviceFiles: [ /dev/../etc ]", 20, "BadValue", "environments.e.deviceFiles: '/dev/../etc' is not a path below /dev")]
    [InlineData("deviceFiles: [ { optional: true } ]", 20, "MissingKey", "key 'path' is missing")]
    [InlineData("variables: { 1A: x }", 18, "BadValue", "environments.e.variables: '1A' is not a variable's name")]
    [InlineData("variables: { A: }", 21, "WrongType", "environments.e.variables.A: nothing is not a value")]
    [InlineData("variables: { A: [ x ] }", 21, "WrongType", "environments.e.variables.A: a list is not a value")]
    public void An_environment_s_settings(string setting, int column, string rule, string message) =>
        AssertOnly($"environments:\n  e:\n    image: x/y:1\n    {setting}", 4, column, rule, message);

    [Theory]
    [InlineData("memlock: 8x", 22, "limits.memlock: '8x' is not a size such as 512m or 8g or 'unlimited' or 'host'")]
    [InlineData("shm: host", 18, "limits.shm: 'host' is not a size")]
    [InlineData("shm: 0", 18, "limits.shm: '0' is not a size")]
    [InlineData("memory: -1", 21, "limits.memory: '-1' is not a size")]
    [InlineData("memory: 99999999999999999999g", 21, "limits.memory: '99999999999999999999g' is not a size")]
    [InlineData("memory: 1g, memoryPerSlot: 1g", 11, "limits: 'memory' and 'memoryPerSlot' exclude each other")]
    [InlineData("cpus: 4", 19, "limits.cpus: '4' is not one of slots, none")]
    [InlineData("openFiles: unlimited", 24, "limits.openFiles: 'unlimited' is not a whole number above 0 or 'host'")]
    [InlineData("openFiles: 0", 24, "limits.openFiles: '0' is not a whole number above 0 or 'host'")]
    [InlineData("pids: 0", 19, "limits.pids: '0' is not a whole number above 0 or 'unlimited'")]
    public void Limits(string limit, int column, string message) =>
        AssertOnly($"defaults:\n  limits: {{ {limit} }}", 2, column, "BadValue", message);

    [Theory]
    [InlineData("data", 13, "BadValue", "is not a mount")]
    [InlineData("~/data", 13, "BadValue", "is not a mount")]
    [InlineData("/a:b", 13, "BadValue", "is not a mount")]
    [InlineData("/a:/b:rx", 13, "BadValue", "is not a mount")]
    [InlineData("/a:/b:ro:z", 13, "BadValue", "is not a mount")]
    [InlineData("/a/../b", 13, "BadValue", "is not a mount")]
    [InlineData("/a:/", 13, "BadValue", "the target / would hide the whole image")]
    [InlineData("[ /a ]", 13, "WrongType", "a list is not a mount")]
    [InlineData("{ target: /a }", 13, "MissingKey", "key 'source' is missing")]
    [InlineData("{ source: a }", 23, "BadValue", "'a' is not an absolute path")]
    [InlineData("{ source: /a, target: b }", 35, "BadValue", "'b' is not an absolute path")]
    [InlineData("{ source: /a, readonly: true }", 27, "UnknownKey", "did you mean 'readOnly'?")]
    [InlineData("{ source: /a, propagation: slaves }", 40, "BadValue", "'slaves' is not one of private")]
    [InlineData("{ source: /a, optional: maybe }", 37, "BadValue", "'maybe' is not true or false")]
    public void Mounts(string mount, int column, string rule, string message) =>
        AssertOnly($"defaults:\n  mounts: [ {mount} ]", 2, column, rule, message);

    [Theory]
    [InlineData("user: root")]
    [InlineData("name: n")]
    [InlineData("cgroupParent: c")]
    [InlineData("ports: [ 22 ]")]
    [InlineData("ulimits: { memlock: -1 }")]
    [InlineData("workdir: /")]
    public void What_the_module_sets_itself_is_reserved(string setting)
    {
        AssertOnly($"environments:\n  e:\n    image: x/y:1\n    {setting}", 4, 5, "ReservedOption", $"'{setting[..setting.IndexOf(':', StringComparison.Ordinal)]}' is not a site's to set");
        AssertOnly($"queues:\n  q:\n    {setting}", 3, 5, "ReservedOption", "is not a site's to set");
        AssertOnly($"defaults:\n  {setting}", 2, 3, "ReservedOption", "is not a site's to set");
    }

    [Theory]
    [InlineData("environments:\n  e: {}", 2, 3, "MissingKey", "environments.e: key 'image' is missing")]
    [InlineData("environments:\n  e: { image: X/Y }", 2, 15, "BadValue", "environments.e.image: 'X/Y' is not an image's reference")]
    [InlineData("environments:\n  a b: { image: x/y:1 }", 2, 3, "BadValue", "environments: 'a b' is not a name")]
    [InlineData("environments:\n  e: { image: x/y:1 }\n  E: { image: x/y:1 }", 3, 3, "DuplicateKey", "environments: 'E' differs from another name only in case")]
    [InlineData("environments:\n  e: { image: x/y:1 }\n  f: { image: x/y:1, aliases: [ g, E ] }", 3, 36, "DuplicateAlias", "environments.f.aliases: 'E' already means environment e")]
    [InlineData("environments:\n  e: { image: x/y:1, aliases: [ a ] }\n  f: { image: x/y:1, aliases: [ a ] }", 3, 33, "DuplicateAlias", "'a' already means environment e")]
    [InlineData("environments:\n  ee: { image: x/y:1 }\nqueues:\n  q: { environment: e }", 4, 8, "UnknownEnvironment", "queues.q.environment: environment 'e' is not defined; did you mean 'ee'?")]
    [InlineData("queues:\n  q: { aliases: [ a ] }", 2, 8, "UnknownKey", "queues.q: unknown key 'aliases'")]
    [InlineData("queues:\n  q: hpc", 2, 6, "WrongType", "queues.q: 'hpc' is not a map")]
    public void Environments_and_queues(string yaml, int line, int column, string rule, string message) =>
        AssertOnly(yaml, line, column, rule, message);

    [Theory]
    [InlineData("a: [ b", 2, "This is not YAML")]
    [InlineData("a:\n\tb: c", 2, "This is not YAML")]
    [InlineData("defaults: *none", 1, "The alias *none has no anchor before it")]
    [InlineData("defaults: &self { mounts: *self }", 1, "or stands inside its own")]
    [InlineData("--- {}\n--- {}", 2, "A second document begins here.")]
    public void Text_that_is_not_one_yaml_document(string yaml, int line, string message)
    {
        var finding = Assert.Single(SiteText.Findings(yaml));
        Assert.Equal((line, "Syntax"), (finding.Line, finding.Rule));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tower_of_brackets_is_refused()
    {
        var finding = Assert.Single(SiteText.Findings("a: " + new string('[', 100_000)));
        Assert.Contains("levels", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("defaults: { limits: !replace { shm: 1g } }", 21, "!replace is for lists, and this is a map.")]
    [InlineData("defaults: { mounts: !append [ /a ] }", 21, "The tag !append has no meaning here.")]
    public void Tags_other_than_replace_of_a_list(string yaml, int column, string message) =>
        AssertOnly(yaml, 1, column, "UnknownTag", message);

    [Theory]
    [InlineData("defaults: { <<: [ 1 ] }", 19, "'<<' merges maps, and this is '1'.")]
    [InlineData("{ [ a ]: b }", 3, "A key is a list.")]
    public void Maps_that_are_none(string yaml, int column, string message) => AssertOnly(yaml, 1, column, "WrongType", message);

    [Fact]
    public void All_errors_of_a_file_are_found_in_its_order()
    {
        var findings = SiteText.Findings("registy: x\nenvironments:\n  e: { image: x/y:1, limits: { shm: 8x, memlock: 1q } }\nqueues:\n  q: { environment: f }");

        Assert.Equal([1, 3, 3, 5], findings.Select(finding => finding.Line));
        Assert.All(findings, finding => Assert.Equal((nameof(FindingSeverity.Error), SiteText.File), (finding.Severity, finding.File)));
        Assert.All(findings, finding => Assert.NotEmpty(finding.Remedy));
    }

    private static void AssertOnly(string yaml, int line, int column, string rule, string message)
    {
        var finding = Assert.Single(SiteText.Findings(yaml));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal((line, column, rule, nameof(FindingSeverity.Error)), (finding.Line, finding.Column, finding.Rule, finding.Severity));
    }
}
