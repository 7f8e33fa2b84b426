using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PisaHpc.Unit.Native;

/// <summary>What client and agent say, native/message.h and native/request.h, for those who say it wrongly.</summary>
internal static class AgentMessage
{
    public const uint Probe = 1;
    public const uint Begin = 2;
    public const uint Text = 3;
    public const uint Ready = 4;
    public const uint Signal = 5;
    public const uint Alive = 6;
    public const uint Received = 7;
    public const uint Terminal = 8;
    public const uint Started = 9;
    public const uint Stopped = 10;
    public const uint Continued = 11;
    public const uint Exited = 12;
    public const uint Failed = 14;

    private const uint Protocol = 0x50687231;

    private static readonly byte[] IgnoredSignals = new byte[8];

    private static readonly byte[] UnlimitedResources = [.. Enumerable.Repeat((byte)0xff, 16 * 8)];

    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>A packet.</summary>
    public static byte[] Of(uint type, uint value = 0, uint detail = 0, byte[]? body = null) =>
        [.. Numbers(Protocol, type, value, detail), .. body ?? []];

    /// <summary>The body of a request's first packet.</summary>
    public static byte[] BeginBody(uint flags, uint descriptors, uint pmi, uint arguments, uint variables, uint bytes) =>
        [.. IgnoredSignals, .. UnlimitedResources, .. Numbers(flags, descriptors, descriptors & 7, pmi, 0x12, arguments, variables, bytes)];

    /// <summary>Strings as a request's text has them.</summary>
    public static byte[] Strings(params IEnumerable<string> strings) => Encoding.UTF8.GetBytes(string.Concat(strings.Select(text => text + "\0")));

    /// <summary>The type of the next packet and its value; null when the other side is gone.</summary>
    public static (uint Type, uint Value)? Receive(Socket socket) =>
        ReceiveWhole(socket) is { } head ? (head.Type, head.Value) : null;

    /// <summary>The head of the next packet; null when the other side is gone.</summary>
    public static (uint Type, uint Value, uint Detail)? ReceiveWhole(Socket socket)
    {
        var bytes = new byte[65536];
        try
        {
            return socket.Receive(bytes) >= 16 ? (Number(4), Number(8), Number(12)) : null;
        }
        catch (SocketException)
        {
            return null;
        }

        uint Number(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
    }

    private static byte[] Numbers(params ReadOnlySpan<uint> numbers)
    {
        var bytes = new byte[numbers.Length * 4];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), numbers[i]);
        }

        return bytes;
    }
}
