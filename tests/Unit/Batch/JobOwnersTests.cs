using System.Diagnostics;
using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Posix;

namespace PisaHpc.Unit.Batch;

public sealed class JobOwnersTests
{
    [Fact]
    public void Every_local_user_is_found_by_name_and_by_number_with_the_groups_that_id_prints()
    {
        foreach (var fields in File.ReadAllLines("/etc/passwd").Select(line => line.Split(':')))
        {
            var owner = JobOwners.ByName(fields[0]);
            Assert.Equal(fields[0], owner.Name);
            Assert.Equal(fields[2], Text(owner.Uid));
            Assert.Equal(fields[3], Text(owner.Gid));
            Assert.Equal(owner.Gid, owner.Groups[0]);
            Assert.Equal(Run("id", "-G", fields[0]).Split(' ').Order(), owner.Groups.Select(Text).Order());
            Assert.Equal(owner.Groups.Skip(1).Order(), owner.Groups.Skip(1));
            Assert.Equal(fields[5].Length > 0 ? fields[5] : "/", owner.Home);
            Assert.Equal(owner.Uid, JobOwners.ByUid(owner.Uid).Uid);
        }
    }

    [Fact]
    public void The_current_user_is_the_one_that_id_prints() => Assert.Equal(Run("id", "-u"), Text(JobOwners.Current().Uid));

    [Fact]
    public void A_user_is_found_by_either_name_or_number()
    {
        Assert.Equal("root", JobOwners.Find("root").Name);
        Assert.Equal("root", JobOwners.Find("0").Name);
    }

    [Fact]
    public void An_owner_in_full_asks_no_name_service()
    {
        var owner = JobOwners.Find("hpcuser:4001:4001,5002,5001,5001");
        Assert.Equal(("hpcuser", 4001u, 4001u), (owner.Name, owner.Uid, owner.Gid));
        Assert.Equal([4001u, 5001u, 5002u], owner.Groups);
    }

    [Theory]
    [InlineData("hpcuser:4001")]
    [InlineData("hpcuser:4001:")]
    [InlineData("hpcuser:x:1")]
    [InlineData("hpcuser:1:4294967296")]
    [InlineData(":1:1")]
    [InlineData("a b:1:1")]
    [InlineData("a\nroot:0:0")]
    [InlineData("a:1:1:/bin/sh")]
    public void An_owner_in_full_that_is_malformed_is_refused(string text) =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => JobOwners.Find(text)).Id);

    [Theory]
    [InlineData("j:3221226001:5001", "user id 3221226001")]
    [InlineData("j:5001:3221226001", "group id 3221226001")]
    [InlineData("j:5001:5001,5002,2147483648", "group id 2147483648")]
    public void An_owner_with_an_id_that_no_engine_takes_is_refused_with_the_id_and_the_limit(string text, string id)
    {
        var failure = Assert.Throws<HpcException>(() => JobOwners.Find(text));
        Assert.Equal((ErrorId.InvalidValue, text), (failure.Id, failure.Target));
        Assert.Contains(id, failure.Message, StringComparison.Ordinal);
        Assert.Contains("2147483647", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_greatest_ids_that_engines_take_are_taken() =>
        Assert.Equal([2147483647u, 5001u], JobOwners.Find("j:2147483647:2147483647,5001").Groups);

    [Fact]
    public void More_groups_than_expected_make_the_buffer_grow() =>
        Assert.Equal([0u], JobOwners.GroupsOf(new PasswdEntry("root", 0, 0, "/root", "/bin/sh"), expected: 0).Take(1));

    [Theory]
    [InlineData("no-such-user")]
    [InlineData("4294000001")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public void An_unknown_user_is_an_error_that_names_it(string user)
    {
        var failure = Assert.Throws<HpcException>(() => JobOwners.Find(user));
        Assert.Equal(ErrorId.UserNotFound, failure.Id);
        Assert.Contains(user, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ro\0ot")]
    public void A_name_that_no_C_string_can_hold_is_refused(string user) =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => JobOwners.Find(user)).Id);

    [Fact]
    public void A_group_has_its_name_or_one_made_of_its_number() =>
        Assert.Equal([new GroupName(0, "root"), new GroupName(4294000001, "g4294000001")], GroupNames.Of([0, 4294000001]));

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
