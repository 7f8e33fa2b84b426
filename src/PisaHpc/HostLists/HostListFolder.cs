namespace PisaHpc.HostLists;

/// <summary>
/// Folds names into a host list. Each name is a template (its text between the numbers) with one dimension for each number; neighbours of
/// the same template are joined in their last dimension, then the results in the one before, and so on to the first. A dimension is
/// joined only where the dimensions before it hold one number and those after it are equal: that is the odometer's order, so the order
/// of the names stays. Each pass looks at each block once, which makes the whole linear in the number of names.
/// </summary>
internal static class HostListFolder
{
    /// <summary>Folds names.</summary>
    /// <param name="names">Plain names.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for text that is not one name.</exception>
    public static string Fold(IEnumerable<string> names)
    {
        var folded = new List<string>();
        var run = new List<Block>();
        foreach (var block in names.Select(Parse))
        {
            if (run.Count > 0 && !run[0].Template.AsSpan().SequenceEqual(block.Template))
            {
                Flush(run, folded);
            }

            run.Add(block);
        }

        Flush(run, folded);
        return string.Join(',', folded);
    }

    /// <summary>Folds blocks of one template, and empties them into the result.</summary>
    private static void Flush(List<Block> run, List<string> folded)
    {
        var blocks = run;
        for (var dimension = run.Count == 0 ? -1 : run[0].Dimensions.Length - 1; dimension >= 0; dimension--)
        {
            blocks = Join(blocks, dimension);
        }

        folded.AddRange(blocks.Select(block => block.ToString()));
        run.Clear();
    }

    private static List<Block> Join(List<Block> blocks, int dimension)
    {
        var joined = new List<Block>(blocks.Count);
        foreach (var block in blocks)
        {
            if (joined.Count > 0 && joined[^1].EqualsExceptIn(dimension, block))
            {
                AppendTo(joined[^1].Dimensions[dimension], block.Dimensions[dimension]);
            }
            else
            {
                joined.Add(block);
            }
        }

        return joined;
    }

    private static void AppendTo(List<HostRange> ranges, List<HostRange> more)
    {
        foreach (var range in more)
        {
            if (ranges[^1].IsContinuedBy(range))
            {
                ranges[^1] = ranges[^1] with { Last = range.Last };
            }
            else
            {
                ranges.Add(range);
            }
        }
    }

    /// <summary>Cuts a name at its numbers; digits too many for a range stay text.</summary>
    private static Block Parse(string name)
    {
        HostNames.Validate(name);
        var template = new List<string>();
        var dimensions = new List<List<HostRange>>();
        var textStart = 0;
        for (var at = 0; at < name.Length; at++)
        {
            var start = at;
            while (at < name.Length && char.IsAsciiDigit(name[at]))
            {
                at++;
            }

            if (at > start && at - start <= HostRange.MaxDigits)
            {
                template.Add(name[textStart..start]);
                dimensions.Add([HostRange.Of(name.AsSpan(start, at - start))]);
                textStart = at;
            }
        }

        template.Add(name[textStart..]);
        return new Block([.. template], [.. dimensions]);
    }

    /// <summary>Names that one pattern stands for: text, and between its pieces one list of ranges each.</summary>
    private sealed record Block(string[] Template, List<HostRange>[] Dimensions)
    {
        /// <summary>Whether two blocks differ at most in one dimension.</summary>
        public bool EqualsExceptIn(int dimension, Block other)
        {
            for (var i = 0; i < Dimensions.Length; i++)
            {
                if (i != dimension && !Dimensions[i].SequenceEqual(other.Dimensions[i]))
                {
                    return false;
                }
            }

            return true;
        }

        /// <inheritdoc/>
        public override string ToString() => string.Concat(
            Dimensions.Select((ranges, index) => Template[index] + Brackets(ranges)).Append(Template[^1]));

        private static string Brackets(List<HostRange> ranges) =>
            ranges is [var only] && only.Count == 1 ? only.ToString() : $"[{string.Join(',', ranges)}]";
    }
}
