using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Posix;

namespace PisaHpc.Unit.Access.Ssh;

public sealed class JobSshFilesTests
{
    [Fact]
    public void The_files_are_the_ones_a_container_needs_and_only_keys_are_secret()
    {
        var files = JobSshFiles.For(Sample.Request());
        Assert.Equal(
            [
                "id_ed25519 600", "id_ed25519.pub 644", "host_ed25519_key 600", "host_ed25519_key.pub 644", "authorized_keys 600", "known_hosts 644",
                "ssh_config 644", "sshd_config 644", "passwd 644", "group 644", "hosts.openmpi 644", "hosts.mpich 644", "hydra_ssh 644", "job.json 644", "agent 700",
            ],
            files.Select(file => file.ToString()));
    }

    [Fact]
    public void Secrets_appear_in_the_two_private_key_files_and_nowhere_else()
    {
        var holders = JobSshFiles.For(Sample.Request()).Where(file => file.Content?.Contains("PRIVATE", StringComparison.Ordinal) == true);
        Assert.Equal(["id_ed25519", "host_ed25519_key"], holders.Select(file => file.Name));
        Assert.DoesNotContain("PRIVATE", Sample.Keys.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", Sample.Request().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Known_hosts_names_every_node_with_the_port() =>
        Assert.Equal("[o2wn01]:22042,[o2wn02]:22042 ssh-ed25519 AAAAhost\n", Sample.Text(Sample.Request(), "known_hosts"));

    [Fact]
    public void Known_hosts_of_port_22_have_plain_names() =>
        Assert.Equal("o2wn01,o2wn02 ssh-ed25519 AAAAhost\n", Sample.Text(Sample.Request() with { Port = 22 }, "known_hosts"));

    [Fact]
    public void A_thousand_nodes_keep_lines_short_enough_for_old_OpenSSH_and_lose_no_name()
    {
        var nodes = Enumerable.Range(1, 1000).Select(i => new AllocatedNode($"compute-rack07-node{i:0000}", 2)).ToArray();
        var request = Sample.Request(nodes);
        var known = Sample.Text(request, "known_hosts").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(known, line => Assert.True(line.Length < 8192 - 1));
        Assert.Equal(nodes.Select(node => $"[{node.Name}]:22042"), known.SelectMany(line => line.Split(' ')[0].Split(',')));
        var client = Sample.Text(request, "ssh_config").Split('\n');
        Assert.All(client, line => Assert.True(line.Length < 1023));
        Assert.Equal(
            nodes.Select(node => node.Name), client.Where(line => line.StartsWith("Host ", StringComparison.Ordinal)).SelectMany(line => line.Split(' ').Skip(1)));
    }

    [Theory]
    [InlineData("    Port 22042")]
    [InlineData("    User hpcuser")]
    [InlineData("    IdentityFile /run/pisahpc/4711/id_ed25519")]
    [InlineData("    IdentitiesOnly yes")]
    [InlineData("    UserKnownHostsFile /run/pisahpc/4711/known_hosts")]
    [InlineData("    GlobalKnownHostsFile /dev/null")]
    [InlineData("    StrictHostKeyChecking yes")]
    [InlineData("    ForwardX11 no")]
    [InlineData("    BatchMode yes")]
    public void The_client_configuration_says(string line) => Assert.Contains(line, Sample.Text(Sample.Request(), "ssh_config").Split('\n'));

    [Theory]
    [InlineData("Port 22042")]
    [InlineData("AllowUsers hpcuser")]
    [InlineData("AuthenticationMethods publickey")]
    [InlineData("PermitRootLogin no")]
    [InlineData("UsePAM no")]
    [InlineData("HostbasedAuthentication no")]
    [InlineData("PidFile none")]
    public void The_server_configuration_says(string line) => Assert.Contains(line, Sample.Text(Sample.Request(), "sshd_config").Split('\n'));

    [Fact]
    public void MaxStartups_admits_all_nodes_at_once()
    {
        var nodes = Enumerable.Range(1, 500).Select(i => new AllocatedNode($"n{i}", 1)).ToArray();
        Assert.Contains("MaxStartups 1000\n", Sample.Text(Sample.Request(nodes), "sshd_config"), StringComparison.Ordinal);
        Assert.Contains("MaxStartups 128\n", Sample.Text(Sample.Request(), "sshd_config"), StringComparison.Ordinal);
    }

    [Fact]
    public void Host_based_is_offered_first_and_brings_the_files_that_OpenSSH_reads_from_fixed_paths()
    {
        var request = Sample.Request() with { HostBased = true };
        var client = Sample.Text(request, "ssh_config");
        Assert.True(client.IndexOf("EnableSSHKeysign yes", StringComparison.Ordinal) < client.IndexOf("Host ", StringComparison.Ordinal));
        Assert.Contains("    PreferredAuthentications hostbased,publickey\n", client, StringComparison.Ordinal);
        Assert.Contains("AuthenticationMethods hostbased publickey\n", Sample.Text(request, "sshd_config"), StringComparison.Ordinal);
        Assert.Equal("o2wn01\no2wn02\n", Sample.Text(request, "shosts.equiv"));
        Assert.Equal("o2wn01,o2wn02 ssh-ed25519 AAAAhost\n", Sample.Text(request, "ssh_known_hosts"));
    }

    [Fact]
    public void Variables_reach_ssh_sessions_in_one_SetEnv() => Assert.Equal(
        "\"OPT=a b\" \"PATH=/opt/mpi/bin:/bin\"",
        SessionVariables.Value(new Dictionary<string, string> { ["PATH"] = "/opt/mpi/bin:/bin", ["OPT"] = "a b" }));

    [Theory]
    [InlineData("A", "two\nlines")]
    [InlineData("A", "a \"quote\"")]
    [InlineData("A B", "x")]
    public void A_variable_that_SetEnv_cannot_carry_is_refused(string name, string value)
    {
        var variables = new Dictionary<string, string> { [name] = value };
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => SessionVariables.Value(variables)).Id);
    }

    [Fact]
    public void The_container_knows_root_nobody_sshd_and_the_owner_with_all_groups()
    {
        Assert.Equal(
            "root:x:0:0::/root:/bin/sh\nsshd:x:74:65534::/:/usr/sbin/nologin\nhpcuser:x:4001:4001::/home/hpcuser:/bin/sh\n"
            + "nobody:x:65534:65534::/:/usr/sbin/nologin\n",
            Sample.Text(Sample.Request(), "passwd"));
        var request = Sample.Request() with { GroupNames = [new GroupName(5001, "theory")] };
        Assert.Equal(
            "root:x:0:\ng4001:x:4001:\ntheory:x:5001:hpcuser\ng5002:x:5002:hpcuser\nnogroup:x:65534:\n", Sample.Text(request, "group"));
    }

    [Fact]
    public void A_job_of_root_keeps_one_line_for_root()
    {
        var request = Sample.Request();
        request = request with { Allocation = request.Allocation with { Owner = Sample.Owner with { Name = "root", Uid = 0, Gid = 0, Groups = [0], Home = "/root" } } };
        Assert.Equal(1, Sample.Text(request, "passwd").Split('\n').Count(line => line.StartsWith("root:", StringComparison.Ordinal)));
        Assert.Contains("PermitRootLogin prohibit-password\n", Sample.Text(request, "sshd_config"), StringComparison.Ordinal);
    }

    [Fact]
    public void Host_files_carry_uneven_slots()
    {
        Assert.Equal("o2wn01 slots=32\no2wn02 slots=24\n", Sample.Text(Sample.Request(), "hosts.openmpi"));
        Assert.Equal("o2wn01:32\no2wn02:24\n", Sample.Text(Sample.Request(), "hosts.mpich"));
    }

    [Theory]
    [InlineData("o2wn01 o2wn02")]
    [InlineData("o2wn*")]
    [InlineData("!o2wn01")]
    [InlineData("-oProxyCommand=id")]
    [InlineData("a\nHost *")]
    public void A_node_name_that_is_a_pattern_or_an_option_is_refused(string name)
    {
        var failure = Assert.Throws<HpcException>(() => JobSshFiles.For(Sample.Request(new AllocatedNode(name, 1))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
    }

    [Theory]
    [InlineData("hpc:user")]
    [InlineData("-user")]
    [InlineData("a\nb")]
    public void A_login_name_that_passwd_cannot_carry_is_refused(string name)
    {
        var request = Sample.Request();
        request = request with { Allocation = request.Allocation with { Owner = Sample.Owner with { Name = name } } };
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => JobSshFiles.For(request)).Id);
    }

    [Fact]
    public void A_directory_service_s_name_matches_itself_in_AllowUsers()
    {
        var request = Sample.Request();
        request = request with { Allocation = request.Allocation with { Owner = Sample.Owner with { Name = @"PI\ada@infn" } } };
        Assert.Contains("AllowUsers PI?ada?infn\n", Sample.Text(request, "sshd_config"), StringComparison.Ordinal);
    }
}
