using System.Collections.Concurrent;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>
/// An sshd for each login shell, started when it is first asked for. The account has start-up files that say something and that change
/// how its shell reads quotes.
/// </summary>
public sealed class LoginShells : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ThrowAwaySshd>>> _running = new(StringComparer.Ordinal);

    /// <summary>The shells, each of a kind that reads some line otherwise than the rest.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["/bin/bash", "/bin/dash", "/bin/ksh93", "/bin/zsh", "/bin/bsd-csh", "/bin/tcsh", "/usr/bin/fish"];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var sshd in _running.Values)
        {
            await (await sshd.Value).DisposeAsync();
        }
    }

    /// <summary>The way to an account with a shell.</summary>
    /// <param name="shell">The shell's path.</param>
    /// <param name="client">Who connects.</param>
    /// <param name="settings">More lines of sshd_config.</param>
    public async Task<NodeAccess> AccessAsync(string shell, SshClientKind client, string settings = "")
    {
        var sshd = await _running.GetOrAdd($"{shell} {settings}", _ => new Lazy<Task<ThrowAwaySshd>>(() => StartAsync(shell, settings))).Value;
        return sshd.Access with { Client = client };
    }

    private static async Task<ThrowAwaySshd> StartAsync(string shell, string settings)
    {
        var sshd = await ThrowAwaySshd.StartAsync(settings, shell);
        await File.WriteAllTextAsync(Path.Combine(sshd.Home, ".cshrc"), "echo welcome\nset backslash_quote\nset path = ( /usr/bin /bin )\n");
        await File.WriteAllTextAsync(Path.Combine(sshd.Home, ".zshenv"), "echo welcome\nsetopt rcquotes bang_hist extended_glob\n");
        var fish = Directory.CreateDirectory(Path.Combine(sshd.Home, ".config", "fish")).FullName;
        await File.WriteAllTextAsync(Path.Combine(fish, "config.fish"), "echo welcome\n");
        return sshd;
    }
}
