using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PisaHpc.Posix;

/// <summary>
/// TCP sockets that listen, as the kernel tells them by sock_diag(7): it has a table of those alone, while who reads /proc/net/tcp has it
/// walk the table of all connections, which takes milliseconds on an idle host already.
/// </summary>
internal static partial class ListeningSockets
{
    private const int Netlink = 16;
    private const int RawMessages = 3;
    private const int CloseOnExec = 0x80000;
    private const int SocketDiagnosis = 4;

    /// <summary>SOCK_DIAG_BY_FAMILY, of a request and of each socket in its answer.</summary>
    private const ushort ByFamily = 20;
    private const ushort RequestAll = 0x301;
    private const ushort Error = 2;
    private const ushort Done = 3;

    private const byte Tcp = 6;
    private const uint Listening = 1 << 10;

    /// <summary>struct nlmsghdr (netlink(7)).</summary>
    private const int HeaderSize = 16;

    /// <summary>With struct inet_diag_req_v2.</summary>
    private const int RequestSize = HeaderSize + 56;

    /// <summary>The source port of struct inet_diag_msg, in network order.</summary>
    private const int PortOffset = HeaderSize + 4;

    private static readonly byte[] Families = [2, 10];

    /// <summary>The ports that something listens on, on this host and in this network namespace.</summary>
    /// <returns>Null where this kernel, or whoever confines this process, does not tell.</returns>
    public static IReadOnlySet<int>? Ports()
    {
        using var socket = Socket(Netlink, RawMessages | CloseOnExec, SocketDiagnosis);
        if (socket.IsInvalid)
        {
            return null;
        }

        var ports = new HashSet<int>();
        var answer = new byte[64 * 1024];
        return Array.TrueForAll(Families, family => Ask(socket, family) && ReadAnswer(socket, answer, ports)) ? ports : null;
    }

    private static bool Ask(SafeFileHandle socket, byte family)
    {
        Span<byte> request = stackalloc byte[RequestSize];
        request.Clear();
        MemoryMarshal.Write(request, RequestSize);
        MemoryMarshal.Write(request[4..], ByFamily);
        MemoryMarshal.Write(request[6..], RequestAll);
        (request[HeaderSize], request[HeaderSize + 1]) = (family, Tcp);
        MemoryMarshal.Write(request[(HeaderSize + 4)..], Listening);
        return Send(socket, request, request.Length, 0) == request.Length;
    }

    /// <summary>Reads messages up to the last; false where one is an error, such as of a family that the kernel was made without.</summary>
    private static bool ReadAnswer(SafeFileHandle socket, byte[] buffer, HashSet<int> ports)
    {
        while (true)
        {
            var left = buffer.AsSpan(0, (int)Math.Max(0, Receive(socket, buffer, buffer.Length, 0)));
            if (left.IsEmpty)
            {
                return false;
            }

            while (left.Length >= HeaderSize)
            {
                var (length, type) = (MemoryMarshal.Read<int>(left), MemoryMarshal.Read<ushort>(left[4..]));
                if (type is Done or Error || length < HeaderSize || length > left.Length)
                {
                    return type == Done;
                }

                if (type == ByFamily)
                {
                    ports.Add(BinaryPrimitives.ReadUInt16BigEndian(left[PortOffset..]));
                }

                // Messages begin at multiples of four.
                left = left[Math.Min((length + 3) & ~3, left.Length)..];
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial SafeFileHandle Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> message, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeFileHandle socket, Span<byte> message, nint length, int flags);
}
