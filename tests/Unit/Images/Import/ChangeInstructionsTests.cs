using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class ChangeInstructionsTests
{
    [Theory]
    [InlineData("CMD [\"/bin/sh\"]")]
    [InlineData("env A=b c")]
    [InlineData("Label a=b")]
    [InlineData("WORKDIR\t/work")]
    public void What_an_engine_takes_passes(string instruction) => Assert.Equal(instruction, ChangeInstructions.Validate(instruction));

    [Theory]
    [InlineData("COPY a b")]
    [InlineData("CMD")]
    [InlineData("CMD ")]
    [InlineData("")]
    [InlineData("ENV A=b\nUSER root")]
    [InlineData("ENV A=b\n")]
    public void Anything_else_is_refused_with_its_text(string instruction)
    {
        var failure = Assert.Throws<HpcException>(() => ChangeInstructions.Validate(instruction));
        Assert.Equal((ErrorId.InvalidValue, (object)instruction), (failure.Id, failure.Target));
    }

    [Fact]
    public void Labels_are_quoted_so_that_nothing_in_them_is_read() => Assert.Equal(
        """LABEL "a"="b c" "d"="\"e\" \\ \$HOME ?f" """.TrimEnd(),
        ChangeInstructions.Label([new("a", "b c"), new("d", "\"e\" \\ $HOME \nf"[..^1] + "f")]));
}
