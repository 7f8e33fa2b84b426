using Renci.SshNet;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// In which order a connection of this process offers what it can do: the node takes the first that it can do too (RFC 4253, section 7.1).
/// </summary>
internal static class AlgorithmOrder
{
    /// <summary>
    /// The exchanges that take little of a CPU. Of those that outlast quantum computers that is the one by ML-KEM, which OpenSSH has
    /// from 9.9 on and prefers from 10.0 on; the older one, sntrup761, takes some 50 ms on either side, for each node.
    /// </summary>
    private static readonly string[] Quick = ["mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org"];

    /// <summary>Sets a connection's order.</summary>
    public static void Set(ConnectionInfo info)
    {
        // AES-GCM first: hardware does it in one pass. The library's own first choice is AES-CTR with a separate MAC.
        Sort(info.Encryptions, name => name.Contains("-gcm@", StringComparison.Ordinal) ? 0 : 1);
        Sort(info.KeyExchangeAlgorithms, name => Array.IndexOf(Quick, name) is var place and >= 0 ? place : Quick.Length);
    }

    private static void Sort<T>(IOrderedDictionary<string, T> algorithms, Func<string, int> place)
    {
        var all = algorithms.ToList();
        algorithms.Clear();
        foreach (var (name, algorithm) in all.OrderBy(entry => place(entry.Key)))
        {
            algorithms.Add(name, algorithm);
        }
    }
}
