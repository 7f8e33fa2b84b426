using System.Net.Sockets;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Whatever a client sends, the agent goes on, opens nothing for good, and its others are not held up.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentFuzzTests(CheckedProgram program) : IClassFixture<CheckedProgram>
{
    private const int Conversations = 4000;
    private const int ClientConversations = 300;

    /// <summary>The agent with the compiler's own checks of memory and of undefined behaviour.</summary>
    [Fact]
    public async Task Thousands_of_garbled_conversations_do_no_harm()
    {
        await using var agent = ServedAgent.Begin(["--sessions", "4096"], program.Agent);
        (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
        await agent.AssertNothingLeftAsync();
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

        // As long as some of them end: thousands of processes with the compiler's checks take their time.
        for (var left = agent.Sessions().Count; left > 0; left = agent.Sessions().Count)
        {
            await Wait.UntilAsync(() => agent.Sessions().Count < left, () => $"{left} sessions are left");
        }

        await agent.AssertNothingLeftAsync();
        Assert.Equal(before, agent.Descriptors);
        Assert.Equal("whole\n", (await agent.RunAsync(["echo", "whole"])).EndedWith(0).Output);
        agent.Signal(Libc.SigTerm);
        Assert.Equal((0, ""), await agent.EndAsync());
    }

    /// <summary>The client with the same checks: it ends, and says at most a line of its own.</summary>
    [Fact]
    public async Task What_an_agent_says_wrongly_does_a_client_no_harm()
    {
        var random = new Random(4711);
        using var file = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        using var agent = new ScriptedAgent();
        for (var i = 0; i < ClientConversations; i++)
        {
            using var run = await agent.StartAsync(["env", "ASAN_OPTIONS=detect_leaks=0"], program.Client);
            for (var packets = random.Next(1, 6); packets > 0; packets--)
            {
                var body = new byte[random.Next(3) == 0 ? random.Next(40_000) : 0];
                var packet = AgentMessage.Of((uint)random.Next(16), (uint)random.Next(70), (uint)random.Next(3), body);
                packet[random.Next(packet.Length)] ^= (byte)(random.Next(4) == 0 ? random.Next(256) : 0);
                var length = random.Next(4) == 0 ? random.Next(1, packet.Length) : packet.Length;
                agent.Say(packet[..length], [.. Enumerable.Repeat((int)file.DangerousGetHandle(), random.Next(3))]);
            }

            agent.Leave();
            Assert.Matches("^(pisahpc-run: [^\n]+\n)?$", (await run.EndAsync()).Error);
        }
    }

    [Theory]
    [InlineData(AgentMessage.Terminal, 75)] // without one
    [InlineData(AgentMessage.Signal, 78)]
    [InlineData(99u, 78)]
    public async Task What_no_agent_says_ends_a_client(uint type, int exitCode)
    {
        using var agent = new ScriptedAgent();
        using var run = await agent.StartAsync();
        agent.Say(type);
        (await run.EndAsync()).EndedWith(exitCode);
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
    [InlineData(17)] // CHLD
    [InlineData(33)] // the C library's
    [InlineData(65)]
    [InlineData(-1)]
    public async Task A_signal_that_no_client_hands_on_ends_the_session(int signal)
    {
        await using var agent = await ServedAgent.StartAsync();
        using var socket = AgentMessage.Connect(agent.Socket);
        var text = AgentMessage.Strings("/", "sleep", "600", agent.Mark);
        Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Begin, body: AgentMessage.BeginBody(0, 0, 0, 2, 1, (uint)text.Length)), []);
        Libc.Send(socket.SafeHandle, AgentMessage.Of(AgentMessage.Text, body: text), []);
        Assert.Equal(AgentMessage.Received, AgentMessage.Receive(socket)?.Type);
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
