using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>
/// Logins by what a node trusts and knows, and nothing of the container's: users without keys from a host whose key it has, and accounts of
/// its name service, by a real ssh-keysign and a real nscd. Each node has an /etc/ssh of its own meanwhile.
/// </summary>
[Collection(LabTests.Name)]
public sealed class NodeLoginsTests(LabFixture lab) : IDisposable
{
    private const string NscdConfiguration = """
        enable-cache passwd yes
        enable-cache group yes
        enable-cache hosts no
        enable-cache services no
        enable-cache netgroup no
        persistent passwd no
        persistent group no

        """;

    private readonly HostedRunspace _shell = new();

    private LabNode Server => lab.Nodes[0];

    private LabNode Client => lab.Nodes[1];

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Users_of_a_trusted_host_need_no_key_others_groups_stay_out_and_accounts_that_only_nscd_knows_get_in()
    {
        await using var site = await StaticLab.OfAsync(
            _shell,
            lab,
            "  trusts-MARK: { environment: debian12, nodes: o2wn01, port: PORT, "
            + "logins: { groups: hpcstage, by: [ hostbased, key ], accounts: nscd } }\n");
        var trusts = $"trusts-{site.Mark}";
        var missing = site.Run($"Start-HpcContainer -Static {trusts} -Site $Site").Failed("MountSourceMissing");
        Assert.Contains("/run/nscd", missing.Exception.Message, StringComparison.Ordinal);

        await WithHostKeysAsync(site, () => WithNameServiceAsync(site, async () =>
        {
            site.Run($"Start-HpcContainer -Static {trusts} -Site $Site").Succeeded();
            site.Run($"Export-HpcKnownHost {trusts} -Path $KnownHosts -Site $Site").Succeeded();
            Assert.Equal("hpcuser", (await ByHostAsync(site, "hpcuser")).EndedWith(0).Output.Trim());
            Assert.Contains("Permission denied", (await ByHostAsync(site, "otheruser")).Error, StringComparison.Ordinal);

            var visitor = await site.LoginAsync(
                Server.Name, site.Port + 2, "id -un; id -Gn; grep -c pisavisitor /etc/passwd", user: "pisavisitor");
            Assert.Equal(["pisavisitor", "pisavisitor hpcstage", "0"], visitor.Lines);

            // A host is trusted by its key, and by nothing that it says of itself.
            await NewHostKeyAsync(Path.Combine(site.Shared, Client.Name));
            Assert.Contains("Permission denied", (await ByHostAsync(site, "hpcuser")).Error, StringComparison.Ordinal);
        }));
    }

    private Task<ProcessResult> ByHostAsync(StaticLab site, string user) => Client.RunInsideAsync(
        "runuser", "-u", user, "--", "ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
        "-o", "HostbasedAuthentication=yes", "-o", "EnableSSHKeysign=yes", "-o", "PreferredAuthentications=hostbased",
        "-o", $"UserKnownHostsFile={site.KnownHosts}", "-o", "GlobalKnownHostsFile=/dev/null",
        "-p", $"{site.Port + 2}", $"{user}@{Server.Name}", "id -un");

    /// <summary>Has the first node trust the second, and the second prove who it is (ssh-keysign(8)).</summary>
    private async Task WithHostKeysAsync(StaticLab site, Func<Task> work)
    {
        var (server, client) = (Path.Combine(site.Shared, Server.Name), Path.Combine(site.Shared, Client.Name));
        foreach (var directory in (string[])[server, client])
        {
            (await RunningProcess.RunAsync("cp", ["-a", "/etc/ssh", directory])).EndedWith(0);
        }

        Array.ForEach(Directory.GetFiles(client, "ssh_host_*"), File.Delete);
        await File.WriteAllTextAsync(Path.Combine(client, "ssh_config"), "EnableSSHKeysign yes\n");
        var key = await NewHostKeyAsync(client);
        await File.WriteAllTextAsync(Path.Combine(server, "shosts.equiv"), $"{Client.Name}\n");
        await File.WriteAllTextAsync(Path.Combine(server, "ssh_known_hosts"), $"{Client.Name} {key}");
        await OverAsync(Server, server, "/etc/ssh", () => OverAsync(Client, client, "/etc/ssh", work));
    }

    private static async Task<string> NewHostKeyAsync(string directory)
    {
        var key = Path.Combine(directory, "ssh_host_ed25519_key");
        File.Delete(key);
        (await RunningProcess.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key])).EndedWith(0);
        return await File.ReadAllTextAsync(key + ".pub");
    }

    private static async Task OverAsync(LabNode node, string source, string target, Func<Task> work)
    {
        (await node.RunInsideAsync("mount", "--bind", source, target)).EndedWith(0);
        try
        {
            await work();
        }
        finally
        {
            (await node.RunInsideAsync("umount", target)).EndedWith(0);
        }
    }

    /// <summary>Runs an nscd on the first node that knows one user more than all of the node's files.</summary>
    private async Task WithNameServiceAsync(StaticLab site, Func<Task> work)
    {
        var home = Path.Combine(lab.State.Shared, "home", "pisavisitor");
        string Named(string name) => Path.Combine(site.Shared, name);
        await File.WriteAllTextAsync(Named("nscd.conf"), NscdConfiguration);
        await File.WriteAllTextAsync(
            Named("passwd"), await File.ReadAllTextAsync("/etc/passwd") + $"pisavisitor:x:4090:4090::{home}:/bin/bash\n");
        await File.WriteAllLinesAsync(
            Named("group"),
            [
                .. (await File.ReadAllLinesAsync("/etc/group"))
                    .Select(line => !line.StartsWith("hpcstage:", StringComparison.Ordinal) ? line
                        : line.EndsWith(':') ? line + "pisavisitor" : line + ",pisavisitor"),
                "pisavisitor:x:4090:",
            ]);
        (await RunningProcess.RunAsync("cp", ["-a", Path.Combine(lab.State.Shared, "home", "hpcuser", ".ssh"), Named("ssh")])).EndedWith(0);
        (await RunningProcess.RunAsync("install", ["-d", "-m", "700", home])).EndedWith(0);
        (await RunningProcess.RunAsync("mv", [Named("ssh"), Path.Combine(home, ".ssh")])).EndedWith(0);
        (await RunningProcess.RunAsync("chown", ["-R", "4090:4090", home])).EndedWith(0);

        (await Server.RunInsideAsync("mkdir", "/run/nscd")).EndedWith(0);
        using var service = RunningProcess.Start("nsenter", Server.Inside(
            "unshare", "--mount", "sh", "-c",
            "mount --bind $1/passwd /etc/passwd && mount --bind $1/group /etc/group && echo $$ && exec nscd -F -f $1/nscd.conf",
            "sh", site.Shared));
        try
        {
            await service.SaysAsync("\n");
            var socket = Server.PathOf("/run/nscd/socket");
            await UntilAsync(() => File.Exists(socket));
            await work();
        }
        finally
        {
            (await Server.RunInsideAsync("kill", service.OutputSoFar.Split('\n')[0])).EndedWith(0);
            await service.EndAsync();
            (await Server.RunInsideAsync("rm", "-r", "/run/nscd")).EndedWith(0);
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
