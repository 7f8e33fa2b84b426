using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

public sealed class JobIdsTests
{
    [Theory]
    [InlineData("1234", "1234")]
    [InlineData("1234[5]", "1234.5")]
    [InlineData("1234_5", "1234_5")]
    [InlineData("123.pbs01", "123.pbs01")]
    [InlineData("123[4].pbs01.pi.infn.it", "123.4.pbs01.pi.infn.it")]
    [InlineData("manual-20261123-143355-a1b2c3", "manual-20261123-143355-a1b2c3")]
    public void Every_batch_systems_id_has_a_file_name(string jobId, string fileName)
    {
        Assert.Equal(jobId, JobIds.Validate(jobId));
        Assert.Equal(fileName, JobIds.FileName(jobId));
    }

    [Theory]
    [InlineData("../etc")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("1234\n")]
    [InlineData("1234[5")]
    [InlineData("1234[]")]
    [InlineData("1234[1-4]")]
    [InlineData("1234[5][6]")]
    [InlineData("1234[5]x")]
    [InlineData("[5]")]
    [InlineData("$(id)")]
    [InlineData("è1")]
    public void An_id_that_could_leave_its_directory_or_its_argument_is_refused_by_name(string jobId)
    {
        var failure = Assert.Throws<HpcException>(() => JobIds.FileName(jobId));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains(Quote.Of(jobId), failure.Message, StringComparison.Ordinal);
        Assert.Equal(jobId, failure.Target);
    }

    [Fact]
    public void An_empty_id_names_where_it_came_from()
    {
        var failure = Assert.Throws<HpcException>(() => JobIds.Validate("", "LSB_JOBID"));
        Assert.StartsWith("LSB_JOBID is empty", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_no_file_name_could_hold_is_refused()
    {
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => JobIds.Validate(new string('1', 129))).Id);
        Assert.Equal(128, JobIds.Validate(new string('1', 128)).Length);
    }

    [Fact]
    public void Ids_made_by_hand_are_valid_and_differ()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => JobIds.NewManual(TimeProvider.System)).ToList();
        Assert.All(ids, id => Assert.Equal(id, JobIds.FileName(id)));
        Assert.Equal(100, ids.Distinct().Count());
    }
}
