using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Sites;
using Renci.SshNet.Security;

namespace PisaHpc.Unit.Ssh;

/// <summary>Private keys as ssh-keygen and openssl write them, against what ssh-keygen reads in them.</summary>
public sealed class PrivateKeysTests : IDisposable
{
    private const string Keygen = "ssh-keygen -q -N '' -t";
    private const string Pkey = "openssl genpkey -quiet -out $f -algorithm";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-keys-");

    public static TheoryData<string> Usable =>
    [
        .. from type in (string[])["rsa -b 2048", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521"]
           from format in (string[])["RFC4716", "PEM", "PKCS8"]
           select $"ssh-keygen -q -t {type} -m {format} -N '' -C 'a comment' -f $f",
        "ssh-keygen -q -t ed25519 -N '' -f $f",
        "ssh-keygen -q -t rsa -b 3072 -N '' -f $f",
        $"{Pkey} rsa -pkeyopt rsa_keygen_bits:2048",
        $"{Pkey} rsa -pkeyopt rsa_keygen_bits:2048 && openssl rsa -traditional -in $f -out $f",
        .. from curve in (string[])["prime256v1", "secp384r1", "secp521r1"]
           let pkcs8 = $"{Pkey} EC -pkeyopt ec_paramgen_curve:{curve}"
           from command in (string[])
           [
               pkcs8,
               $"{pkcs8} -pkeyopt ec_param_enc:explicit",
               $"{pkcs8} && openssl ec -in $f -no_public -out $f",
               $"openssl ecparam -name {curve} -genkey -out $f",
           ]
           select command,
        $"{Pkey} rsa -pkeyopt rsa_keygen_bits:2048 && sed -i 's/$/\\r/' $f",
        $"{Pkey} rsa -pkeyopt rsa_keygen_bits:2048 && printf %s \"$(cat $f)\" >$f",
        $"{Pkey} rsa -pkeyopt rsa_keygen_bits:2048 -text",
        "ssh-keygen -q -t ed25519 -N '' -f $f && sed -i -e ':a;N;$!ba;s/\\([^-]\\)\\n\\([^-]\\)/\\1\\2/g' $f",
        "ssh-keygen -q -t ed25519 -N '' -f $f && echo 'and a last line' >>$f",
    ];

    public static TheoryData<string, string> Unusable => new()
    {
        { "ssh-keygen -q -t ed25519 -N secret -f $f", "is encrypted" },
        { "ssh-keygen -q -t ed25519 -N secret -Z aes256-gcm@openssh.com -f $f", "is encrypted" },
        { "ssh-keygen -q -t ed25519 -N secret -Z chacha20-poly1305@openssh.com -f $f", "is encrypted" },
        { "ssh-keygen -q -t ecdsa -m PEM -N secret -f $f", "is encrypted" },
        { "ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f $f", "is encrypted" },
        { "ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N secret -f $f", "is encrypted" },
        { $"{Pkey} ed25519 -aes256 -pass pass:secret", "is encrypted" },
        { $"{Pkey} EC -pkeyopt ec_paramgen_curve:P-256 -des3 -pass pass:secret", "is encrypted" },
        { $"{Pkey} ed25519 && openssl pkcs8 -topk8 -scrypt -in $f -out $f.new -passout pass:secret && mv $f.new $f", "is encrypted" },
        { $"{Pkey} ed25519 && openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in $f -out $f.new -passout pass:secret && mv $f.new $f", "is encrypted" },
        { $"{Pkey} ed448", "is of a type that no login is made with here, Ed448" },
        { $"{Pkey} x25519", "is of a type that no login is made with here, 1.3.101.110" },
        { $"{Pkey} RSA-PSS -pkeyopt rsa_keygen_bits:2048", "is of a type that no login is made with here, RSA-PSS" },
        { "openssl dsaparam -genkey -out $f 1024", "is of a type that no login is made with here, DSA" },
        {
            "openssl dsaparam -genkey -out $f 1024 && openssl pkcs8 -topk8 -nocrypt -in $f -out $f.new && mv $f.new $f",
            "is of a type that no login is made with here, DSA"
        },
        { "openssl ecparam -name secp256k1 -genkey -out $f", "is of a type that no login is made with here, EC on secp256k1" },
        { "ssh-keygen -q -t ed25519 -N '' -f $f && mv $f.pub $f", "is not a private key but a public one" },
        { "ssh-keygen -q -t ed25519 -N '' -f $f && sed -i 3d $f", "is a damaged private key" },
        { "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f $f && sed -i 5,9d $f", "is a damaged private key" },
        { $"{Pkey} ed25519 && truncate -s 60 $f", "is a damaged private key" },
        { ": >$f", "is not a private key" },
        { "echo hello >$f", "is not a private key" },
        { "printf 'a-' >$f", "is not a private key" },
        { "printf '\\377\\376\\000-' >$f", "is not a private key" },
        { "mkdir $f", "cannot be read" },
        { ":", "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Usable))]
    public void A_key_is_offered_as_what_ssh_keygen_reads_in_it(string command)
    {
        var file = Make("key", command);
        var keys = PrivateKeys.Read(new NodeAccess { Keys = [file] });
        Assert.Empty(keys.Remarks);
        var offered = Assert.Single(keys.Usable);
        var read = Run($"chmod 600 {file}; ssh-keygen -y -f {file}").Split(' ');
        Assert.Equal(
            read[0] == "ssh-rsa" ? ["rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"] : [read[0]],
            offered.HostKeyAlgorithms.Select(way => way.Name).Order());
        Assert.Equal(read[1], BlobOf(offered.HostKeyAlgorithms.First()));
        Assert.All(offered.HostKeyAlgorithms, way => Assert.True(way.VerifySignature("words"u8.ToArray(), way.Sign("words"u8.ToArray()))));
    }

    /// <summary>ssh-keygen reads these since OpenSSH 9.6 only; openssl says what they are (RFC 8410: the public key ends the structure).</summary>
    [Fact]
    public void An_Ed25519_key_in_PKCS8_is_offered_as_what_it_is()
    {
        var file = Make("key", $"{Pkey} ed25519");
        var keys = PrivateKeys.Read(new NodeAccess { Keys = [file] });
        var structure = Convert.FromBase64String(Run($"openssl pkey -in {file} -pubout -outform DER | base64 -w0"));
        var way = Assert.Single(Assert.Single(keys.Usable).HostKeyAlgorithms);
        Assert.Equal("ssh-ed25519", way.Name);
        Assert.Equal(Convert.ToBase64String([.. "\0\0\0\u000bssh-ed25519\0\0\0\u0020"u8, .. structure[^32..]]), BlobOf(way));
    }

    /// <summary>One key in 256 is shorter than its curve: it is written with zeros before it, and .NET wants them.</summary>
    [Theory]
    [InlineData("nistP256")]
    [InlineData("nistP384")]
    public void A_key_whose_number_begins_with_zeros_signs_as_any_other(string curve)
    {
        using var key = ShortKey(ECCurve.CreateFromFriendlyName(curve));
        foreach (var text in (string[])[key.ExportECPrivateKeyPem(), key.ExportPkcs8PrivateKeyPem()])
        {
            var file = Make("key", "cat >$f", text);
            var way = Assert.Single(Assert.Single(PrivateKeys.Read(new NodeAccess { Keys = [file] }).Usable).HostKeyAlgorithms);
            Assert.Equal(Run($"chmod 600 {file}; ssh-keygen -y -f {file}").Trim().Split(' ')[1], BlobOf(way));
            Assert.True(way.VerifySignature("words"u8.ToArray(), way.Sign("words"u8.ToArray())));
        }
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_file_that_cannot_be_offered_is_named_as_what_it_is_and_the_next_one_is_taken(string command, string what)
    {
        var file = Make("bad", command);
        var good = Make("good", "ssh-keygen -q -t ed25519 -N '' -f $f");
        var keys = PrivateKeys.Read(new NodeAccess { Keys = [file, good] });
        Assert.Equal(Run($"ssh-keygen -y -f {good}").Split(' ')[1], BlobOf(Assert.Single(keys.Usable).HostKeyAlgorithms.Single()));
        Assert.StartsWith($"{file} {what}", Assert.Single(keys.Remarks), StringComparison.Ordinal);
        Assert.Contains($"keys tried: {good}; {file} ", keys.Account, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_on_a_security_device_is_named_as_one()
    {
        byte[] blob =
        [
            .. "openssh-key-v1\0"u8, .. Text("none"), .. Text("none"), .. Text(""), 0, 0, 0, 1,
            .. Text("\0\0\0\u001ask-ssh-ed25519@openssh.com"), .. Text(""),
        ];
        var file = Make("id_ed25519_sk", "cat >$f", PemEncoding.WriteString("OPENSSH PRIVATE KEY", blob));
        var remark = Assert.Single(PrivateKeys.Read(new NodeAccess { Keys = [file] }).Remarks);
        Assert.StartsWith($"{file} needs its security device, type sk-ssh-ed25519@openssh.com", remark, StringComparison.Ordinal);

        static byte[] Text(string value)
        {
            var bytes = new byte[4 + value.Length];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value.Length);
            Encoding.ASCII.GetBytes(value, bytes.AsSpan(4));
            return bytes;
        }
    }

    [Theory]
    [InlineData(": >$f-cert.pub", "it is not a certificate")]
    [InlineData("echo hello >$f-cert.pub", "it is not a certificate")]
    [InlineData("cp $f.pub $f-cert.pub", "it is not a certificate")]
    [InlineData($"{Keygen} ed25519 -f o; ssh-keygen -q -s o -I i o.pub; mv o-cert.pub $f-cert.pub", "it is not a certificate of this key")]
    [InlineData($"{Keygen} rsa -f o; ssh-keygen -q -s o -I i o.pub; mv o-cert.pub $f-cert.pub", "it is not a certificate of this key")]
    public void A_certificate_that_is_none_of_the_key_is_passed_over(string command, string why)
    {
        var file = Make("key", $"ssh-keygen -q -t ed25519 -N '' -f $f; {command}");
        var keys = PrivateKeys.Read(new NodeAccess { Keys = [file] });
        Assert.Equal("ssh-ed25519", Assert.Single(Assert.Single(keys.Usable).HostKeyAlgorithms).Name);
        Assert.Equal($"{file}-cert.pub is passed over: {why}", Assert.Single(keys.Remarks));
    }

    [Theory]
    [InlineData("rsa", "rsa-sha2-512-cert-v01@openssh.com")]
    [InlineData("ecdsa -b 384", "ecdsa-sha2-nistp384-cert-v01@openssh.com")]
    [InlineData("ed25519", "ssh-ed25519-cert-v01@openssh.com")]
    public void A_certificate_of_the_key_is_offered_before_it(string type, string name)
    {
        var file = Make("key", $"ssh-keygen -q -t {type} -N '' -f $f; ssh-keygen -q -s $f -I i $f.pub");
        var keys = PrivateKeys.Read(new NodeAccess { Keys = [file] });
        Assert.Empty(keys.Remarks);
        Assert.Equal(name, Assert.Single(keys.Usable).HostKeyAlgorithms.First().Name);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static ECDsa ShortKey(ECCurve curve)
    {
        while (true)
        {
            var key = ECDsa.Create(curve);
            if (key.ExportParameters(includePrivateParameters: true).D![0] == 0)
            {
                return key;
            }

            key.Dispose();
        }
    }

    private static string BlobOf(HostAlgorithm way) => Convert.ToBase64String(way.Data);

    private string Make(string name, string command, string input = "")
    {
        var file = Path.Combine(_directory.FullName, name);
        Run($"set -e; f={file}; {command}", input);
        return file;
    }

    private string Run(string command, string input = "")
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        shell.StandardInput.Write(input);
        shell.StandardInput.Close();
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, $"{command}: {error.Result}");
        return output.TrimEnd('\n');
    }
}
