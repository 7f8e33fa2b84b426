using PisaHpc.Views;

namespace PisaHpc.Unit.Views;

public sealed class StateToneTests
{
    [Theory]
    [InlineData("Unreachable", "<bad>Unreachable<end>")]
    [InlineData("Degraded", "<bad>Degraded<end>")]
    [InlineData("Outdated", "<doubtful>Outdated<end>")]
    [InlineData("DOWN", "<doubtful>DOWN<end>")]
    [InlineData("Stopped", "<quiet>Stopped<end>")]
    [InlineData("Running", "Running")]
    [InlineData("", "")]
    public void A_state_is_as_loud_as_it_is_bad(string state, string shown) => Assert.Equal(shown, Paint(state, state));

    [Fact]
    public void Another_text_takes_the_tone_of_its_state() => Assert.Equal("<bad>11/12 Running<end>", Paint("11/12 Running", "Degraded"));

    [Fact]
    public void Without_a_style_a_text_is_as_it_is() => Assert.Equal("Failed", StateTone.Paint("Failed", "Failed", null, "", null, null));

    /// <summary>A word that nothing says any more would colour nothing, and nobody would notice.</summary>
    [Fact]
    public void Each_word_with_a_tone_is_one_that_something_says()
    {
        var said = typeof(HpcException).Assembly.GetTypes().Where(type => type.IsEnum).SelectMany(Enum.GetNames)
            .Concat(["OK", "WARNING", "CRITICAL", "UNKNOWN"])
            .Concat(["DOWN", "INIT", "ARMED"]); // ports of adapters, as the kernel says them
        Assert.Empty(StateTone.Words.Except(said));
    }

    [Fact]
    public void No_word_has_two_tones() => Assert.Equal(StateTone.Words.Distinct().Count(), StateTone.Words.Count());

    private static string Paint(string text, string state) => StateTone.Paint(text, state, "<bad>", "<doubtful>", "<quiet>", "<end>");
}
