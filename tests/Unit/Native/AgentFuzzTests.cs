using System.Net.Sockets;
using System.Runtime.Versioning;
using PisaHpc.Unit.Face;
using PisaHpc.Unit.Images;

namespace PisaHpc.Unit.Native;

/// <summary>Whatever a client sends, the agent goes on, opens nothing for good, and its others are not held up.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentFuzzTests
{
    private const int Conversations = 4000;

    /// <summary>The agent with the compiler's own checks of memory and of undefined behaviour.</summary>
    [Fact]
    public async Task Thousands_of_garbled_conversations_do_no_harm()
    {
        var folder = Directory.CreateTempSubdirectory("pisahpc-checked-");
        var program = Path.Combine(folder.FullName, "pisahpc-agent");
        var sources = Directory.GetFiles(Checkout.PathOf("native"), "*.c");
        (await Programs.RunAsync(
            "gcc",
            ["-std=c17", "-D_GNU_SOURCE", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program, .. sources])).EndedWell();
        await using var agent = ServedAgent.Begin(["--sessions", "4096"], program);
        (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
        var before = agent.Descriptors;
        var random = new Random(4711);
        using var file = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        for (var i = 0; i < Conversations; i++)
        {
            using var socket = AgentMessage.Connect(agent.Socket);
            foreach (var packet in Conversation(random))
            {
                int[] descriptors = [.. Enumerable.Repeat((int)file.DangerousGetHandle(), random.Next(4) == 0 ? random.Next(9) : packet.Descriptors)];
                if (!Libc.Send(socket.SafeHandle, packet.Bytes, descriptors))
                {
                    break;
                }
            }

            if (random.Next(8) == 0)
            {
                socket.ReceiveTimeout = 2000;
                _ = AgentMessage.Receive(socket);
            }
        }

        await agent.AssertNothingLeftAsync();
        Assert.Equal(before, agent.Descriptors);
        Assert.Equal("whole\n", (await agent.RunAsync(["echo", "whole"])).EndedWith(0).Output);
        agent.Signal(Libc.SigTerm);
        Assert.Equal((0, ""), await agent.EndAsync());
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Half_a_request_holds_up_nobody()
    {
        await using var agent = await ServedAgent.StartAsync();
        List<Socket> halves = [];
        for (var i = 0; i < 50; i++)
        {
            var socket = AgentMessage.Connect(agent.Socket);
            if (i % 2 == 0)
            {
                Assert.True(Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(0, 0, 0, 1, 0, 4_000_000)), []));
            }

            halves.Add(socket);
        }

        Assert.Equal("in\n", (await agent.RunAsync(["echo", "in"])).EndedWith(0).Output);
        halves.ForEach(socket => socket.Dispose());
        await agent.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(0u, 0u, 0u, 1u, 0u, 0u)] // no text
    [InlineData(0u, 0u, 0u, 0u, 0u, 5u)] // no program
    [InlineData(0u, 0u, 0u, 1u, 0u, 4_194_305u)]
    [InlineData(0u, 0u, 0u, 1u, 0u, uint.MaxValue)]
    [InlineData(0u, 0u, 0u, uint.MaxValue, uint.MaxValue, 100u)]
    [InlineData(4u, 0u, 0u, 1u, 0u, 7u)] // an unknown flag
    [InlineData(0u, 1u, 0u, 1u, 0u, 7u)] // a descriptor that did not come
    [InlineData(0u, 8u, 1u, 1u, 0u, 7u)] // PMI's over standard output
    public async Task A_request_that_cannot_be_is_refused_before_its_text(uint flags, uint descriptors, uint pmi, uint arguments, uint variables, uint bytes)
    {
        await using var agent = await ServedAgent.StartAsync();
        using var socket = AgentMessage.Connect(agent.Socket);
        Assert.True(Libc.Send(
            socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(flags, descriptors, pmi, arguments, variables, bytes)), []));
        Assert.Equal((AgentMessage.Failed, 3u), AgentMessage.Receive(socket));
    }

    [Theory]
    [InlineData(2u, 0u, "/", "true")] // one argument less than announced
    [InlineData(1u, 0u, "/", "true", "A=B")] // a string more
    [InlineData(1u, 2u, "/", "true", "A=B")]
    public async Task A_text_that_is_not_what_was_announced_is_refused(uint arguments, uint variables, params string[] strings)
    {
        await using var agent = await ServedAgent.StartAsync();
        using var socket = AgentMessage.Connect(agent.Socket);
        var text = AgentMessage.Strings(strings);
        Assert.True(Libc.Send(
            socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(0, 0, 0, arguments, variables, (uint)text.Length)), []));
        Assert.True(Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Text, body: text), []));
        Assert.Equal((AgentMessage.Failed, 3u), AgentMessage.Receive(socket));
    }

    [Theory]
    [InlineData(Libc.SigKill)]
    [InlineData(0)]
    [InlineData(19)] // STOP
    [InlineData(64)]
    [InlineData(-1)]
    public async Task A_signal_that_no_client_hands_on_ends_the_session(int signal)
    {
        await using var agent = await ServedAgent.StartAsync();
        using var socket = AgentMessage.Connect(agent.Socket);
        var text = AgentMessage.Strings("/", "sleep", "600", agent.Mark);
        Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(0, 0, 0, 2, 1, (uint)text.Length)), []);
        Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Text, body: text), []);
        Assert.Equal(AgentMessage.Started, AgentMessage.Receive(socket)?.Type);
        Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Signal, (uint)signal), []);
        await agent.AssertNothingLeftAsync();
    }

    // A whole request, of which as a rule something is wrong: a number, a byte, a packet that is missing, twice or between.
    private static List<(byte[] Bytes, int Descriptors)> Conversation(Random random)
    {
        var text = AgentMessage.Strings("/", "true", "A=" + new string('x', random.Next(3) == 0 ? random.Next(100_000) : 10), "B=\n");
        var body = AgentMessage.BeginBody((uint)random.Next(4), 7, 0, 1, 2, (uint)text.Length);
        List<(byte[] Bytes, int Descriptors)> packets = [(AgentMessage.Of(AgentMessage.Begin, body: body), 3)];
        packets.AddRange(text.Chunk(32768).Select(part => (AgentMessage.Of(AgentMessage.Text, body: part), 0)));
        packets.Add((AgentMessage.Of(AgentMessage.Ready), 0));
        packets.Add((AgentMessage.Of(AgentMessage.Signal, (uint)random.Next(70), (uint)random.Next(2)), 0));
        for (var wrong = random.Next(4); wrong > 0; wrong--)
        {
            var at = random.Next(packets.Count);
            switch (random.Next(6))
            {
                case 0:
                    packets.RemoveAt(at);
                    packets.Add((AgentMessage.Of((uint)random.Next(16)), 0));
                    break;
                case 1:
                    packets.Insert(at, packets[random.Next(packets.Count)]);
                    break;
                case 2:
                    var garbage = new byte[random.Next(40_000)];
                    random.NextBytes(garbage);
                    packets.Insert(at, (garbage, 0));
                    break;
                case 3:
                    packets[at] = (packets[at].Bytes[..random.Next(packets[at].Bytes.Length)], packets[at].Descriptors);
                    break;
                default:
                    if (packets[at].Bytes.Length > 0)
                    {
                        var garbled = packets[at].Bytes.ToArray();
                        garbled[random.Next(garbled.Length)] = (byte)random.Next(256);
                        packets[at] = (garbled, packets[at].Descriptors);
                    }

                    break;
            }
        }

        return packets;
    }
}
