using PisaHpc.HostLists;

namespace PisaHpc.Unit.HostLists;

public sealed class HostListTests
{
    [Theory]
    [InlineData("o2wn01", "o2wn01")]
    [InlineData("o2wn[01-03,20]", "o2wn01 o2wn02 o2wn03 o2wn20")]
    [InlineData("[098-101]", "098 099 100 101")]
    [InlineData("n[98-101]", "n98 n99 n100 n101")]
    [InlineData("n[1,01,001]", "n1 n01 n001")]
    [InlineData("n[8-9,010-011]", "n8 n9 n010 n011")]
    [InlineData("n[0-1]", "n0 n1")]
    [InlineData("n[000-001]", "n000 n001")]
    [InlineData("rack[1-2]node[01-02]", "rack1node01 rack1node02 rack2node01 rack2node02")]
    [InlineData("a[1-2][3-4]", "a13 a14 a23 a24")]
    [InlineData("n[1-3]-ib", "n1-ib n2-ib n3-ib")]
    [InlineData("n[1-2].cluster.pi.infn.it", "n1.cluster.pi.infn.it n2.cluster.pi.infn.it")]
    [InlineData("a,b c\nd\t,  e,", "a b c d e")]
    [InlineData("b,a,b", "b a b")]
    [InlineData("gpu_node", "gpu_node")]
    [InlineData("n[5-5]", "n5")]
    public void A_host_list_expands_to_its_names_in_order(string list, string names) =>
        Assert.Equal(names.Split(' '), HostList.Expand(list));

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData(",")]
    public void Blank_text_has_no_names(string list) => Assert.Empty(HostList.Expand(list));

    [Fact]
    public void Several_lists_expand_to_the_names_of_all() =>
        Assert.Equal(["a1", "a2", "b", "a1"], HostList.Expand(["a[1-2]", "b,a1"]));

    [Theory]
    [InlineData("o2wn[01-", 5, "not closed")]
    [InlineData("o2wn[01", 5, "not closed")]
    [InlineData("o2wn[", 5, "not closed")]
    [InlineData("a,o2wn]", 7, "never opened")]
    [InlineData("n[]", 3, "expected a number and found ']'")]
    [InlineData("n[1,]", 5, "expected a number and found ']'")]
    [InlineData("n[a-b]", 3, "expected a number and found 'a'")]
    [InlineData("n[1 ,2]", 4, "' ' cannot stand in a bracket")]
    [InlineData("n[1-2-3]", 6, "'-' cannot stand in a bracket")]
    [InlineData("n[4-2]", 3, "goes backwards")]
    [InlineData("n[1-002]", 3, "differ in width")]
    [InlineData("n[01-002]", 3, "differ in width")]
    [InlineData("n[1-9999999999999999999]", 5, "19 digits")]
    [InlineData("-oProxyCommand=x", 1, "cannot start with '-'")]
    [InlineData("a,.b", 3, "cannot start with '.'")]
    [InlineData("o2wn*", 5, "wildcard")]
    [InlineData("a/b", 2, "'/' cannot be part")]
    [InlineData("a;b", 2, "';' cannot be part")]
    [InlineData("a\u0001b", 2, "U+0001")]
    [InlineData("nodè", 4, "'è' cannot be part")]
    public void A_malformed_list_is_refused_with_its_text_and_column(string list, int column, string complaint)
    {
        var failure = Assert.Throws<HpcException>(() => HostList.Expand(list));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.StartsWith($"Host list {Quote.Of(list)}, column {column}:", failure.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n[1-1000001]")]
    [InlineData("a[1-1000]b[1-1000]c[1-2]")]
    [InlineData("n[1-999999999999999999]m[1-999999999999999999]")]
    [InlineData("n[1-600000],m[1-600000]")]
    public void A_list_of_more_than_a_million_names_is_refused_before_it_is_built(string list)
    {
        var failure = Assert.Throws<HpcException>(() => HostList.Expand(list));
        Assert.Contains("more than 1,000,000 names", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_longer_than_the_name_service_allows_is_refused()
    {
        Assert.Throws<HpcException>(() => HostList.Expand(string.Concat(Enumerable.Repeat("a[1]", 100_000))));
        Assert.Single(HostList.Expand(new string('a', 253)));
        Assert.Throws<HpcException>(() => HostList.Expand(new string('a', 254)));
    }

    [Theory]
    [InlineData("o2wn01", "o2wn01")]
    [InlineData("o2wn01 o2wn02 o2wn03 o2wn20", "o2wn[01-03,20]")]
    [InlineData("098 099 100 101", "[098-101]")]
    [InlineData("n98 n99 n100", "n[98-100]")]
    [InlineData("n09 n10 n11", "n[09-11]")]
    [InlineData("n9 n010", "n[9,010]")]
    [InlineData("n1 n01 n001", "n[1,01,001]")]
    [InlineData("n3 n2 n1", "n[3,2,1]")]
    [InlineData("n1 n1 n2", "n[1,1-2]")]
    [InlineData("rack1node01 rack1node02 rack2node01 rack2node02", "rack[1-2]node[01-02]")]
    [InlineData("rack1node01 rack1node02 rack2node01 rack2node03", "rack1node[01-02],rack2node[01,03]")]
    [InlineData("a1b1 a2b1 a3b1", "a[1-3]b1")]
    [InlineData("n1-ib n2-ib n3-ib", "n[1-3]-ib")]
    [InlineData("10.10.13.1 10.10.13.2", "10.10.13.[1-2]")]
    [InlineData("login n1 n2 gpu", "login,n[1-2],gpu")]
    [InlineData("n20241123120000000001 n20241123120000000002", "n20241123120000000001,n20241123120000000002")]
    public void Names_fold_into_the_shortest_list_that_keeps_their_order(string names, string list)
    {
        Assert.Equal(list, HostList.Fold(names.Split(' ')));
        Assert.Equal(names.Split(' '), HostList.Expand(list));
    }

    [Fact]
    public void No_names_fold_into_no_text() => Assert.Equal("", HostList.Fold([]));

    [Theory]
    [InlineData("")]
    [InlineData("a,b")]
    [InlineData("n[1-2]")]
    [InlineData("-x")]
    public void What_is_not_one_name_is_not_folded(string name) =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => HostList.Fold(["n1", name])).Id);

    [Fact]
    public void Whatever_is_folded_expands_to_the_same_sequence()
    {
        var random = new Random(20241125);
        for (var round = 0; round < 2000; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 30)).Select(_ => RandomName(random)).ToList();
            if (round % 2 == 0)
            {
                names.Sort(StringComparer.Ordinal);
            }

            var folded = HostList.Fold(names);
            Assert.Equal(names, HostList.Expand(folded));
            Assert.Equal(folded, HostList.Fold(HostList.Expand(folded)));
        }
    }

    [Fact]
    public void Regular_names_expand_and_fold_in_proportion_to_their_number()
    {
        var list = "rack[01-10]chassis[1-10]node[001-100]-ib";
        var names = HostList.Expand(list);
        Assert.Equal(10_000, names.Count);
        Assert.Equal(list, HostList.Fold(names));
        AllocationGrowth.AssertInProportion(
            count => HostList.Fold(HostList.Expand($"rack[01-10]chassis[1-10]node[001-{count / 100:000}]-ib")));
    }

    [Fact]
    public void Irregular_names_fold_and_expand_in_proportion_to_their_number()
    {
        var random = new Random(7);
        var names = Enumerable.Range(0, 10_000).Select(_ => $"{Word(random)}{random.Next(100)}{Word(random)}{random.Next(100):000}").ToList();
        Assert.Equal(names, HostList.Expand(HostList.Fold(names)));
        AllocationGrowth.AssertInProportion(count => HostList.Expand(HostList.Fold(names.Take(count))));
    }

    private static string RandomName(Random random)
    {
        string[] templates = ["n{0}", "n{0:00}", "n{0:000}", "rack{1}node{0:00}", "r{1}n{0}-ib", "{0}", "login", "a{1}.b{0}.c{1}"];
        return string.Format(null, templates[random.Next(templates.Length)], random.Next(0, 120), random.Next(1, 3));
    }

    private static string Word(Random random) => new([.. Enumerable.Range(0, 6).Select(_ => (char)('a' + random.Next(26)))]);
}
