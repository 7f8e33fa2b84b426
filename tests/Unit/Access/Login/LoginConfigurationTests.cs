using PisaHpc.Access.Login;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Access.Login;

/// <summary>The sshd of a static environment: who gets in.</summary>
public sealed class LoginConfigurationTests
{
    private static readonly StaticDefinition Definition = new() { Name = "cs7", Environment = "e", Nodes = ["o2wn01"], Port = 2201 };

    private static readonly HpcEnvironment Environment = new() { Name = "e", Image = "x/y:1" };

    [Theory]
    [InlineData("Port 2201")]
    [InlineData("HostKey /keys/cs7/host_ed25519_key")]
    [InlineData("PermitRootLogin no")]
    [InlineData("AuthenticationMethods publickey")]
    [InlineData("PasswordAuthentication no")]
    [InlineData("HostbasedAuthentication no")]
    [InlineData("Subsystem sftp internal-sftp")]
    public void Every_user_of_the_node_gets_in_by_a_key_of_his_own_and_nobody_by_a_password(string line) =>
        Assert.Contains(line, Lines(Definition, Environment));

    [Fact]
    public void Nothing_weakens_the_check_of_the_users_files() =>
        Assert.DoesNotContain(Lines(Definition, Environment), line => line.StartsWith("StrictModes", StringComparison.Ordinal) || line.StartsWith("Allow", StringComparison.Ordinal));

    [Fact]
    public void Groups_users_and_trusted_hosts_are_as_declared()
    {
        var logins = new LoginSettings { Groups = ["hpc", @"PI\stage"], Users = ["alice"], By = [LoginProof.HostBased, LoginProof.Key] };
        var lines = Lines(Definition with { Logins = logins }, Environment);
        Assert.Contains("AllowGroups hpc PI?stage", lines);
        Assert.Contains("AllowUsers alice", lines);
        Assert.Contains("AuthenticationMethods hostbased publickey", lines);
        Assert.Contains("IgnoreUserKnownHosts yes", lines);

        var hosts = Lines(Definition with { Logins = logins with { By = [LoginProof.HostBased] } }, Environment);
        Assert.Contains("AuthenticationMethods hostbased", hosts);
        Assert.Contains("PubkeyAuthentication no", hosts);
    }

    [Fact]
    public void Sessions_get_the_environments_variables()
    {
        var variables = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1", ["A"] = "b c" };
        Assert.Contains("SetEnv \"A=b c\" \"OMP_NUM_THREADS=1\"", Lines(Definition, Environment with { Variables = variables }));
    }

    [Fact]
    public void Another_text_is_another_file()
    {
        var one = LoginConfiguration.Of(Definition, Environment, "/keys/cs7");
        Assert.Equal(one.FileName, LoginConfiguration.Of(Definition, Environment, "/keys/cs7").FileName);
        Assert.NotEqual(one.FileName, LoginConfiguration.Of(Definition with { Port = 2202 }, Environment, "/keys/cs7").FileName);
        Assert.Matches("^sshd_config-[0-9a-f]{12}$", one.FileName);
    }

    private static string[] Lines(StaticDefinition definition, HpcEnvironment environment) =>
        LoginConfiguration.Of(definition, environment, "/keys/cs7").Text.Split('\n');
}
