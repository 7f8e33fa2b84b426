using PisaHpc.Audit;
using PisaHpc.Audit.Checks;

namespace PisaHpc.Unit.Audit;

/// <summary>Secrets among variables: told by name, and never by value.</summary>
public sealed class SecretsCheckTests
{
    [Theory]
    [InlineData("DB_PASSWORD")]
    [InlineData("MYSQL_PWD")]
    [InlineData("db_passwd")]
    [InlineData("GITHUB_TOKEN")]
    [InlineData("GITHUBTOKEN")]
    [InlineData("CLIENT_SECRET_ID")]
    [InlineData("AWS_SECRET_ACCESS_KEY")]
    [InlineData("OPENAI_API_KEY")]
    [InlineData("SLURM_JWT")]
    public void A_name_that_is_a_secret_s(string name) => Assert.True(SecretsCheck.IsSecret(name), name);

    [Theory]
    [InlineData("PWD")]
    [InlineData("OLDPWD")]
    [InlineData("TOKENIZERS_PARALLELISM")]
    [InlineData("DB_PASSWORD_FILE")]
    [InlineData("SSH_AUTH_SOCK")]
    [InlineData("GPG_KEY")]
    [InlineData("KEYBOARD")]
    public void A_name_that_is_not(string name) => Assert.False(SecretsCheck.IsSecret(name), name);

    [Theory]
    [InlineData("LICENSE_SERVER", "https://alice:hunter2@lic.example/")]
    [InlineData("DB_PASSWORD", "hunter2")]
    public void Its_value_is_not_told(string name, string value)
    {
        var audit = new ContainerAudit(new(), ContainerChecks.All, new DateOnly(2027, 1, 1));
        var finding = Assert.Single(audit.Examine(Having(name, value)));
        Assert.Equal(("Secrets", "Warning"), (finding.Check, finding.Severity));
        Assert.Contains(name, finding.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", System.Text.Json.JsonSerializer.Serialize(finding) + finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DB_PASSWORD", "")]
    [InlineData("PROXY", "http://proxy.example:3128/a@b")]
    [InlineData("NFS", "alice@host:/export")]
    public void Nothing_that_is_empty_or_has_no_password_in_it(string name, string value) =>
        Assert.Null(Audited.Examine("Secrets", Having(name, value)));

    private static AuditedContainer Having(string name, string value) =>
        Audited.With(spec => spec with { Environment = new Dictionary<string, string> { [name] = value } });
}
