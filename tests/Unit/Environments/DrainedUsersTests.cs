using System.Globalization;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Environments;

/// <summary>Whose processes a drain waits for, with this machine's shells in the place of a container's.</summary>
public sealed class DrainedUsersTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("pisahpc-users-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Theory]
    [InlineData("sh", null, 1, 0, 1, 81, 998, 999, 1000)] // no login.defs: from 1000 on
    [InlineData("bash", "# UID_MIN 100\nGID_MIN 100\n", 2, 0, 500, 1000, 60000)]
    [InlineData("sh", "UID_MIN\t\t\t  500\nSYS_UID_MIN 201\n", 3, 0, 201, 499, 500, 999, 1000)]
    [InlineData("busybox", "UID_MIN 500 # as of old\n", 1, 0, 499, 500)]
    [InlineData("sh", "UID_MIN many\n", 1, 0, 999, 1000)]
    [InlineData("busybox", "UID_MIN 1000\n", 3, 61183, 61184, 65000, 65519, 65520, 65534, 65536)] // systemd's services, and nobody
    public async Task Those_of_the_users_of_the_container_s_login_defs(string shell, string? definitions, int count, params int[] ids)
    {
        if (definitions is not null)
        {
            await File.WriteAllTextAsync(Definitions, definitions);
        }

        foreach (var (process, id) in ids.Index())
        {
            var directory = Directory.CreateDirectory(Path.Combine(_scratch, "proc", Number(process + 1))).FullName;
            await File.WriteAllTextAsync(Path.Combine(directory, "status"), $"Name:\tx\nUid:\t{Number(id)}\t0\t0\t0\nGid:\t0\n");
        }

        var script = NodeScript.Of("Environments/users.sh").Text + "\ncount_users \"$1\" \"$2\"; echo \"$count\"";
        string[] program = shell == "busybox" ? ["busybox", "sh"] : [shell];
        var result = await new LocalShell("here").RunAsync(
            [.. program, "-c", script, "users", Path.Combine(_scratch, "proc"), Definitions], default, CancellationToken.None);
        Assert.Equal((0, $"{Number(count)}\n", ""), (result.ExitCode, result.Text, result.Error));
    }

    private string Definitions => Path.Combine(_scratch, "login.defs");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
