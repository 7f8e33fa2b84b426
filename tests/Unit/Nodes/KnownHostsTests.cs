using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public class KnownHostsTests
{
    // Made by ssh-keygen, and the hashed names by ssh-keygen -H.
    private const string Ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIGk6ABdfFucKjW3Vpv6BF4zBp/KAF/Qwk9PrjdLqWgEL";
    private const string Ed25519Fingerprint = "SHA256:dfLOvV18Az17hjhFKSX7gu/G3WLe/P+R0jEYfkZJXHk";
    private const string Other = "AAAAC3NzaC1lZDI1NTE5AAAAILLwWH9dCGsLwhgOfI17MgSPdh9vU0d0lECnLS+n3FP1";
    private const string OtherFingerprint = "SHA256:4AH/VkurScoViWDZ2iKISBlfqKiR/wIIC0IKO0ox8To";
    private const string Ecdsa = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBK/OZ/lDbyhZl+es6RRjC0l5TK8T4xoZEBDlrFRRtAg+iiHLptE1jO6vOZB1q0Cb0MDdN9WmbVgOnwGEyhO23k0=";
    private const string HashedNode = "|1|fZ1DDfqfdA+QZzwV7y/jjCuyed4=|hH28KATjU5FABO9AwdhmxH2wbXw=";
    private const string HashedNodeWithPort = "|1|KYD5423UocQpdORqjU02Tk4b+p8=|Ae4xJWN/5Hr6ITWuKzXjFysgzmQ=";

    private static readonly HostKey Key = HostKey.FromBlob(Convert.FromBase64String(Ed25519))!;

    [Theory]
    [InlineData("o2wn01", "o2wn01", 22)]
    [InlineData("o2wn01,10.10.13.1", "10.10.13.1", 22)]
    [InlineData("O2WN01.Example.ORG", "o2wn01.example.org", 22)]
    [InlineData("o2wn01.example.org", "O2WN01.EXAMPLE.ORG", 22)]
    [InlineData("o2wn*", "o2wn01", 22)]
    [InlineData("o2wn??", "o2wn01", 22)]
    [InlineData("*.example.org,!login.example.org", "o2wn01.example.org", 22)]
    [InlineData("[o2wn01]:2222", "o2wn01", 2222)]
    [InlineData("[*]:2222", "o2wn01", 2222)]
    [InlineData("[::1]:2222", "::1", 2222)]
    [InlineData("::1", "::1", 22)]
    [InlineData(HashedNode, "o2wn01", 22)]
    [InlineData(HashedNode, "O2wn01", 22)]
    [InlineData(HashedNodeWithPort, "o2wn02", 2222)]
    [InlineData("o2wn01", "o2wn01", 2222)]
    public void A_key_is_known_for(string hosts, string host, int port) =>
        Assert.Equal(HostKeyStatus.Known, Find($"{hosts} ssh-ed25519 {Ed25519} a comment", host, port).Status);

    [Theory]
    [InlineData("o2wn01", "o2wn02", 22)]
    [InlineData("o2wn1", "o2wn01", 22)]
    [InlineData("o2wn?", "o2wn01", 22)]
    [InlineData("*.example.org", "example.org", 22)]
    [InlineData("*.example.org,!login.example.org", "login.example.org", 22)]
    [InlineData("!o2wn01,*", "o2wn01", 22)]
    [InlineData("!o2wn01", "o2wn02", 22)]
    [InlineData("[o2wn01]:2222", "o2wn01", 22)]
    [InlineData("[o2wn01]:2222", "o2wn01", 2223)]
    [InlineData(HashedNode, "o2wn02", 22)]
    [InlineData(HashedNodeWithPort, "o2wn02", 22)]
    [InlineData("|1|broken", "o2wn01", 22)]
    [InlineData("|1|&&|&&", "o2wn01", 22)]
    public void A_key_is_unknown_for(string hosts, string host, int port) =>
        Assert.Equal(HostKeyStatus.Unknown, Find($"{hosts} ssh-ed25519 {Ed25519}", host, port).Status);

    [Fact]
    public void Another_key_of_the_same_type_is_a_change_and_says_where()
    {
        var verdict = Find($"# the cluster\n\no2wn01 ssh-ed25519 {Other}\n", "o2wn01", 22);
        Assert.Equal(HostKeyStatus.Changed, verdict.Status);
        Assert.Equal("known_hosts:3", verdict.Line!.ToString());
        Assert.Equal(OtherFingerprint, verdict.Line.Key.Fingerprint);
    }

    [Fact]
    public void A_host_with_an_old_and_a_new_line_is_known_by_either() =>
        Assert.Equal(HostKeyStatus.Known, Find($"o2wn01 ssh-ed25519 {Other}\no2wn01 ssh-ed25519 {Ed25519}", "o2wn01", 22).Status);

    [Fact]
    public void A_key_of_another_type_is_unknown_and_the_known_types_are_told()
    {
        var hosts = KnownHosts.Parse("known_hosts", $"o2wn01 ecdsa-sha2-nistp256 {Ecdsa}");
        Assert.Equal(HostKeyStatus.Unknown, hosts.Find("o2wn01", 22, Key).Status);
        Assert.Equal(["ecdsa-sha2-nistp256"], hosts.TypesOf("o2wn01", 22));
        Assert.Equal(["ecdsa-sha2-nistp256"], hosts.TypesOf("o2wn01", 2222));
        Assert.Empty(hosts.TypesOf("o2wn02", 22));
    }

    [Theory]
    [InlineData("@revoked o2wn01 ssh-ed25519 {0}\no2wn01 ssh-ed25519 {0}")]
    [InlineData("o2wn01 ssh-ed25519 {0}\n@revoked * ssh-ed25519 {0}")]
    [InlineData("@revoked\t*\tssh-ed25519\t{0}")]
    public void A_revoked_key_is_refused_wherever_else_it_stands(string text) => Assert.Equal(
        HostKeyStatus.Revoked,
        Find(string.Format(System.Globalization.CultureInfo.InvariantCulture, text, Ed25519), "o2wn01", 22).Status);

    [Fact]
    public void A_key_revoked_for_another_host_or_another_key_revoked_does_no_harm() => Assert.Equal(
        HostKeyStatus.Known,
        Find($"@revoked o2wn02 ssh-ed25519 {Ed25519}\n@revoked o2wn01 ssh-ed25519 {Other}\no2wn01 ssh-ed25519 {Ed25519}", "o2wn01", 22).Status);

    [Fact]
    public void A_certificate_authority_is_no_host_key_and_the_failure_names_it()
    {
        var hosts = KnownHosts.Parse("known_hosts", $"@cert-authority *.example.org ssh-ed25519 {Ed25519}");
        var verdict = hosts.Find("o2wn01.example.org", 22, Key);
        Assert.Equal(HostKeyStatus.Unknown, verdict.Status);
        var failure = HostKeyFailure.Of("o2wn01.example.org", 22, Key, verdict, hosts);
        Assert.Equal(ErrorId.HostKeyUnknown, failure.Id);
        Assert.Contains("certificate authority is named for it at known_hosts:1", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(22, "ssh-keyscan -t ed25519 o2wn01 >> /etc/ssh/ssh_known_hosts.")]
    [InlineData(2222, "ssh-keyscan -t ed25519 -p 2222 o2wn01 >> /etc/ssh/ssh_known_hosts.")]
    public void Of_one_that_is_unknown_the_next_step_adds_it_once_its_fingerprint_was_compared(int port, string command)
    {
        var hosts = KnownHosts.Parse("/etc/ssh/ssh_known_hosts", "");
        var failure = HostKeyFailure.Of("o2wn01", port, Key, hosts.Find("o2wn01", port, Key), hosts);
        Assert.StartsWith("Compare the fingerprint with that of ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the node",
            failure.RecommendedAction, StringComparison.Ordinal);
        Assert.EndsWith($"add the key: {command}", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("o2wn01")]
    [InlineData("o2wn01 ssh-ed25519")]
    [InlineData("o2wn01 ssh-ed25519 notbase64!")]
    [InlineData("o2wn01 ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGk6ABdfFucKjW3Vpv6BF4zBp/KAF/Qwk9PrjdLqWgEL")]
    [InlineData("@unheard-of o2wn01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk6ABdfFucKjW3Vpv6BF4zBp/KAF/Qwk9PrjdLqWgEL")]
    [InlineData("#o2wn01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk6ABdfFucKjW3Vpv6BF4zBp/KAF/Qwk9PrjdLqWgEL")]
    [InlineData("   ")]
    public void A_line_that_cannot_be_read_trusts_nobody(string line) =>
        Assert.Equal(HostKeyStatus.Unknown, Find(line, "o2wn01", 22).Status);

    [Fact]
    public void Windows_line_ends_and_indents_are_read() =>
        Assert.Equal(HostKeyStatus.Known, Find($"  o2wn01 ssh-ed25519 {Ed25519}\r\n", "o2wn01", 22).Status);

    [Fact]
    public void Files_are_looked_at_together_and_a_missing_one_is_empty()
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-known-hosts-");
        try
        {
            var first = Path.Combine(directory.FullName, "user");
            var second = Path.Combine(directory.FullName, "system");
            File.WriteAllText(second, $"o2wn01 ssh-ed25519 {Ed25519}\n");
            var hosts = KnownHosts.Read([first, second]);
            Assert.Equal($"{second}:1", hosts.Find("o2wn01", 22, Key).Line!.ToString());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_failure_of_a_changed_key_holds_both_fingerprints_and_the_place()
    {
        var hosts = KnownHosts.Parse("/etc/ssh/ssh_known_hosts", $"[o2wn01]:2222 ssh-ed25519 {Other}");
        var failure = HostKeyFailure.Of("o2wn01", 2222, Key, hosts.Find("o2wn01", 2222, Key), hosts);
        Assert.Equal(ErrorId.HostKeyChanged, failure.Id);
        Assert.Equal("o2wn01", failure.Target);
        Assert.Contains(Ed25519Fingerprint, failure.Message, StringComparison.Ordinal);
        Assert.Contains(OtherFingerprint, failure.Message, StringComparison.Ordinal);
        Assert.Contains("/etc/ssh/ssh_known_hosts:1", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>By going back to each star in turn it would take for ever, and the test would not end.</summary>
    [Fact]
    public void A_pattern_of_many_stars_is_matched_without_going_back_to_each()
    {
        var pattern = string.Concat(Enumerable.Repeat("*a", 200));
        Assert.Equal(HostKeyStatus.Unknown, Find($"{pattern} ssh-ed25519 {Ed25519}", new string('a', 2000) + "b", 22).Status);
    }

    private static HostKeyVerdict Find(string text, string host, int port) => KnownHosts.Parse("known_hosts", text).Find(host, port, Key);
}
