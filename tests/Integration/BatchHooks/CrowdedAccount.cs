using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>
/// A user of this machine and of the nodes, which have its accounts, with sixty-five groups and a home on the cluster's file system.
/// </summary>
internal sealed class CrowdedAccount : IAsyncDisposable
{
    private const int Number = 4065;
    private const int FirstGroup = 5200;

    private readonly string _home;

    private CrowdedAccount(string home) => _home = home;

    /// <summary>His name, and that of his primary group.</summary>
    public const string Name = "hpccrowd";

    /// <summary>His groups as id(1) says them.</summary>
    public static string Groups { get; } = string.Join(' ', Enumerable.Range(0, 64).Select(i => FirstGroup + i).Prepend(Number));

    public static async Task<CrowdedAccount> CreateAsync(LabFixture lab)
    {
        var account = new CrowdedAccount(Path.Combine(lab.State.Shared, "home", Name));
        const string Create = """
            groupadd --gid "$2" "$1" && useradd --uid "$2" --gid "$2" --create-home --home-dir "$4" --shell /bin/bash "$1" || exit
            for i in $(seq 0 63); do groupadd --gid $(($3 + i)) --users "$1" "$1-$i" || exit; done
            """;
        (await account.RunAsync(Create)).EndedWith(0);
        return account;
    }

    /// <summary>Writes a file into his .ssh.</summary>
    public async Task WriteSshAsync(string name, string text)
    {
        var directory = Path.Combine(_home, ".ssh");
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, name), text);
        (await RunningProcess.RunAsync("chown", ["--recursive", $"{Name}:", directory])).EndedWith(0);
    }

    public async ValueTask DisposeAsync() =>
        (await RunAsync("for i in $(seq 0 63); do groupdel \"$1-$i\"; done; userdel --remove \"$1\" 2>/dev/null")).EndedWith(0);

    private Task<ProcessResult> RunAsync(string script) =>
        RunningProcess.RunAsync("sh", ["-c", script, "sh", Name, $"{Number}", $"{FirstGroup}", _home]);
}
