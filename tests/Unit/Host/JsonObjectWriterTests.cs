using System.Management.Automation;
using System.Text;
using System.Text.Json.Nodes;
using PisaHpc.Batch;
using PisaHpc.Host.Output;

namespace PisaHpc.Unit.Host;

public sealed class JsonObjectWriterTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void A_domain_object_is_flat_and_its_enums_are_words()
    {
        var allocation = new HpcAllocation
        {
            JobId = "1234",
            BatchSystem = Scheduler.Slurm,
            Queue = null,
            Owner = new JobOwner { Name = "hpcuser", Uid = 4001, Gid = 4001, Groups = [4001, 5001] },
            Nodes = [new AllocatedNode("o2wn01", 32), new AllocatedNode("o2wn02", 24)],
        };
        var json = Write(allocation)!;
        Assert.Equal("Slurm", (string?)json["Scheduler"]);
        Assert.Equal(56, (int?)json["TotalSlots"]);
        Assert.Null(json["Queue"]);
        Assert.True(json.AsObject().ContainsKey("Queue"));
        Assert.Equal(24, (int?)json["Nodes"]![1]!["Slots"]);
        Assert.Equal(5001, (int?)json["Owner"]!["Groups"]![1]);
    }

    [Fact]
    public void Numbers_keep_their_value()
    {
        var json = Write(long.MinValue, ulong.MaxValue, 0.1, 1.50m, double.NaN, (byte)7)!.AsArray();
        Assert.Equal("[-9223372036854775808,18446744073709551615,0.1,1.50,\"NaN\",7]", json.ToJsonString());
    }

    [Fact]
    public void A_foreign_object_is_opened_as_a_result_and_is_its_text_inside_another()
    {
        var result = Write(new InvalidOperationException("outer", new IOException("inner")))!;
        Assert.Equal("outer", (string?)result["Message"]);
        Assert.Equal("System.IO.IOException: inner", (string?)result["InnerException"]);
    }

    [Fact]
    public void A_dictionary_that_holds_itself_ends_at_the_depth_limit()
    {
        var loop = new Dictionary<string, object>();
        loop["self"] = loop;
        var node = Write(loop)!;
        for (var depth = 1; depth < JsonObjectWriter.MaxDepth; depth++)
        {
            node = node["self"]!.AsObject();
        }

        Assert.Equal(loop.ToString(), (string?)node["self"]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[1]", 1)]
    [InlineData("[1,2]", 1, 2)]
    public void An_array_that_is_asked_for_is_one_however_many_objects_there_are(string json, params object[] results)
    {
        using var stream = new MemoryStream();
        new JsonObjectWriter(_warnings.Add).Write([.. results.Select(PSObject.AsPSObject)], stream, asArray: true);
        Assert.Equal(json, JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()))!.ToJsonString());
    }

    [Fact]
    public void A_property_that_cannot_be_read_is_null_and_a_warning()
    {
        var json = Write(new PSObject(new Broken()))!;
        Assert.Null(json["Value"]);
        Assert.Contains("Value cannot be read", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_custom_object_keeps_the_order_of_its_properties()
    {
        var item = new PSObject();
        item.Properties.Add(new PSNoteProperty("Z", 1));
        item.Properties.Add(new PSNoteProperty("A", new object[] { "x", null! }));
        Assert.Equal("""{"Z":1,"A":["x",null]}""", Write(item)!.ToJsonString());
    }

    private JsonNode? Write(params object[] results)
    {
        using var stream = new MemoryStream();
        new JsonObjectWriter(_warnings.Add).Write([.. results.Select(PSObject.AsPSObject)], stream);
        return JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private sealed class Broken(string? value = null)
    {
        public string Value => value ?? throw new InvalidOperationException("gone");
    }
}
