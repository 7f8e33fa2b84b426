using System.Globalization;
using System.Text;
using PisaHpc.Mpi;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Mpi;

/// <summary>Output as the launchers were seen to print it.</summary>
public sealed class RankOutputParserTests
{
    private const string Run = "c0ffee";

    private static readonly LauncherFacts Srun = FactsOf(22) with { Launcher = MpiLauncher.Srun };

    public static TheoryData<string, int> Launchers => new()
    {
        { "[1,{0}]<stdout>:", 4 },
        { "[1,{0}]<stdout>: ", 5 },
        { "<c0ffee:{0}>", 0 },
    };

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Lines_come_out_by_rank_wherever_the_stream_is_cut(string tag, int major)
    {
        var text = $"the launcher speaks\n{Tag(tag, 17)}rank 17 of 56 on o2wn01\n{Tag(tag, 3)}\n{Tag(tag, 3)}  indented [3] = 5\n{Tag(tag, 55)}ü€\n";
        string[] expected = ["-|the launcher speaks", "17|rank 17 of 56 on o2wn01", "3|", "3|  indented [3] = 5", "55|ü€"];
        for (var cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(expected, Parse(major, text[..cut], text[cut..]).Lines);
        }

        Assert.Equal(expected, Parse(major, [.. text.Select(c => c.ToString())]).Lines);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_character_is_whole_wherever_a_tag_or_a_read_cuts_it(string tag, int major)
    {
        const string Said = "é 中 🚀 ü";
        var bytes = Encoding.UTF8.GetBytes(Said);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            byte[] output =
            [
                .. Bytes(Tag(tag, 2)), .. bytes[..cut], .. Bytes(Tag(tag, 7)), .. bytes[..cut], .. Bytes(Tag(tag, 2)), .. bytes[cut..], 10,
                .. Bytes(Tag(tag, 7)), .. bytes[cut..], .. Bytes($"{Run} exit 0\n"),
            ];
            for (var read = 0; read <= output.Length; read++)
            {
                Assert.Equal([$"2|{Said}", $"7|{Said}"], ParseBytes(major, output[..read], output[read..]).Lines);
            }
        }
    }

    [Fact]
    public void What_is_no_UTF_8_is_replaced_and_spoils_nothing_else() =>
        Assert.Equal(["1|a\uFFFDb é"], ParseBytes(4, [.. Bytes("[1,1]<stdout>:a"), 0xE9, .. Bytes("b é\n")]).Lines);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_line_without_end_is_cut_between_characters_and_stays_its_rank_s(int shift)
    {
        var text = new string('.', shift) + string.Concat(Enumerable.Repeat("🚀", 600_000));
        var lines = Parse(4, [$"[1,3]<stdout>:{text}", $"\n[1,4]<stdout>:next\n"]).Lines;
        Assert.True(lines.Count > 2);
        Assert.Equal("4|next", lines[^1]);
        Assert.All(lines.SkipLast(1), line => Assert.StartsWith("3|", line, StringComparison.Ordinal));
        Assert.Equal(text, string.Concat(lines.SkipLast(1).Select(line => line[2..])));
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Pieces_of_cut_lines_find_together_again(string tag, int major)
    {
        var text = $"{Tag(tag, 4)}out\n{Tag(tag, 4)}no{Tag(tag, 5)}out\n{Tag(tag, 5)}no{Tag(tag, 4)}eol\n{Tag(tag, 5)}eol";
        Assert.Equal(["4|out", "5|out", "4|noeol", "5|noeol"], Parse(major, text).Lines);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void The_module_s_own_words_are_kept_from_the_user(string tag, int major)
    {
        var text = $"{Tag(tag, 2)}{Run} start\n{Tag(tag, 2)}last words{Run} exit 139\n{Run} lost o2wn02\n{Tag(tag, 7)}tail{Run} end 139\n";
        var (lines, words) = Parse(major, text);
        Assert.Equal(["2|last words", "7|tail"], lines);
        Assert.Equal(["2|start", "2|exit 139", "-|lost o2wn02", "7|end 139"], words);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_word_that_the_launcher_cut_is_the_word(string tag, int major)
    {
        var whole = $"last words{Run} exit 139";
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            var text = $"{Tag(tag, 2)}{whole[..cut]}{Tag(tag, 7)}mine\n{Tag(tag, 2)}{whole[cut..]}\n";
            var (lines, words) = Parse(major, text);
            Assert.Equal(["7|mine", "2|last words"], lines);
            Assert.Equal(["2|exit 139"], words);
        }
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_rank_may_print_the_mark_and_tags_of_no_rank(string tag, int major)
    {
        Assert.Equal(
            [$"2|PISAHPC_RUN={Run} OMP_NUM_THREADS=1"], Parse(major, $"{Tag(tag, 2)}PISAHPC_RUN={Run} OMP_NUM_THREADS=1\n").Lines);
        var huge = tag.Replace("{0}", "99999999999", StringComparison.Ordinal);
        Assert.Equal([$"2|{huge}x"], Parse(major, $"{Tag(tag, 2)}{huge}x\n").Lines);
    }

    [Fact]
    public void Srun_s_label_stands_at_the_begin_of_a_line_alone()
    {
        const string Text = "srun: error: o2wn02: task 3: Killed\n17: rank 17: 4: of 56\n 3: \n 3:   indented\n55: 5c0ffee exit 3\n";
        for (var cut = 0; cut <= Text.Length; cut++)
        {
            var (lines, words) = ParseBytes(Srun, Bytes(Text[..cut]), Bytes(Text[cut..]));
            Assert.Equal(["-|srun: error: o2wn02: task 3: Killed", "17|rank 17: 4: of 56", "3|", "3|  indented", "55|5"], lines);
            Assert.Equal(["55|exit 3"], words);
        }
    }

    [Fact]
    public void Bytes_of_nothing_and_carriage_returns_are_left_out() =>
        Assert.Equal(["2|rank 2"], Parse(5, "[1,2]<stdout>: \0rank 2\r\n\0").Lines);

    [Fact]
    public void Open_MPI_4_puts_no_space_after_its_tag_so_one_there_is_the_rank_s() =>
        Assert.Equal(["2| text"], Parse(4, "[1,2]<stderr>: text\n").Lines);

    [Fact]
    public void A_line_without_end_is_handed_over_in_pieces()
    {
        var lines = Parse(4, ["[1,0]<stdout>:", .. Enumerable.Repeat(new string('x', 16384), 200)]).Lines;
        Assert.True(lines.Count > 1);
        Assert.Equal(200 * 16384, lines.Sum(line => line.Count(c => c == 'x')));
    }

    [Theory]
    [InlineData("[1,3]<stdout>:1000\n")]
    [InlineData("[1,3]<stdout>:10\n")]
    [InlineData("[1,3]<stdout>:\n")]
    public void A_piece_that_Open_MPI_4_cut_off_is_noticed(string line)
    {
        // As ORTE tags it: 4 KiB of short lines of one rank become the first 8 KiB of the tagged text; then comes the next piece.
        var piece = string.Concat(Enumerable.Repeat(line, 1000))[..8192];
        Assert.Equal([3], RanksWithLoss("[1,7]<stdout>:whole\n" + piece + line, "[1,5]<stdout>:no", "[1,6]<stdout>:eol\n"));
    }

    [Fact]
    public void Pieces_that_end_within_a_line_are_no_loss()
    {
        var rest = new string('x', 49);
        var piece = string.Concat(Enumerable.Repeat($"[1,3]<stdout>:{rest}\n", 128));
        Assert.Empty(RanksWithLoss(piece[..^1], piece[..^1], piece, "[1,4]<stdout>:end\n"));
    }

    private static List<int> RanksWithLoss(params string[] parts)
    {
        var lost = new List<int>();
        var parser = new RankOutputParser(RankTag.Of(FactsOf(4), Run), Run, (_, _) => { }, (_, _) => true, new LostOutputDetector(lost.Add));
        foreach (var part in parts)
        {
            parser.Push(part); // of ASCII alone
        }

        parser.Complete();
        return lost;
    }

    private static string Tag(string tag, int rank) => string.Format(CultureInfo.InvariantCulture, tag, rank);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static (List<string> Lines, List<string> Words) Parse(int major, params string[] parts) =>
        ParseBytes(major, [.. parts.Select(Bytes)]);

    private static (List<string> Lines, List<string> Words) ParseBytes(int major, params byte[][] parts) => ParseBytes(FactsOf(major), parts);

    private static (List<string> Lines, List<string> Words) ParseBytes(LauncherFacts facts, params byte[][] parts)
    {
        var (lines, words) = (new List<string>(), new List<string>());
        var parser = new RankOutputParser(
            RankTag.Of(facts, Run),
            Run,
            (rank, text) => lines.Add($"{Name(rank)}|{text}"),
            (rank, said) =>
            {
                words.Add($"{Name(rank)}|{string.Join(' ', said)}");
                return said is not ["OMP_NUM_THREADS=1"];
            });
        foreach (var part in parts)
        {
            parser.Push(Encoding.Latin1.GetString(part));
        }

        parser.Complete();
        return (lines, words);
    }

    private static LauncherFacts FactsOf(int major) => new()
    {
        Flavour = major == 0 ? MpiFlavour.Mpich : MpiFlavour.OpenMpi,
        Path = "mpirun",
        Version = $"{major}.0",
    };

    private static string Name(int? rank) => rank?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
