using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>The ports of an area that nobody holds and nothing listens on, in random order, so that racing jobs seldom meet.</summary>
/// <param name="first">The lowest port.</param>
/// <param name="last">The highest port.</param>
/// <param name="planned">The port to try before all others; null for none.</param>
/// <param name="busy">Ports that something listens on, elsewhere than on this host.</param>
/// <param name="listeningHere">Ports that something listens on, on this host.</param>
internal sealed class FreePorts(
    PortDirectory directory, int first, int last, int? planned, IReadOnlySet<int> busy, Func<IReadOnlySet<int>> listeningHere)
{
    private const int MostGuesses = 16;

    /// <summary>A range of more ports than this is none that somebody declared for an area.</summary>
    private const int WidestDeclared = 10_000;

    private int _leased;
    private int _listenedOn;

    /// <summary>Passes over the area once.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>.</exception>
    public IEnumerable<int> Ports()
    {
        var listening = listeningHere();
        return Guesses().Concat(All()).Where(port => IsFree(port, listening));
    }

    /// <summary>
    /// Ports to look at before the whole directory is read, which takes many answers of an NFS server: of a declared range most are there.
    /// </summary>
    private IEnumerable<int> Guesses()
    {
        if (planned is { } port && port >= first && port <= last)
        {
            yield return port;
        }

        for (var guess = 0; guess < MostGuesses && last - first < WidestDeclared; guess++)
        {
            yield return Random.Shared.Next(first, last + 1);
        }
    }

    private IEnumerable<int> All()
    {
        var ports = PortsInRange();
        Random.Shared.Shuffle(ports);
        (_leased, _listenedOn) = (0, 0);
        foreach (var port in ports)
        {
            yield return port;
        }
    }

    private bool IsFree(int port, IReadOnlySet<int> listening)
    {
        if (LinuxFile.Status(directory.FileOf(port)) is not { IsRegular: true } status)
        {
            return false;
        }

        if (status.Links > 1)
        {
            _leased++;
            return false;
        }

        if (listening.Contains(port) || busy.Contains(port))
        {
            _listenedOn++;
            return false;
        }

        return true;
    }

    /// <summary>The failure of a pass that found nothing.</summary>
    public HpcException Exhausted()
    {
        var leases = directory.EachLink(directory.Held, _ => { });
        var next = leases.Where(held => held.Record is not null).MinBy(held => held.Record!.ExpiresAt);
        var end = next is null
            ? "no lease has an end"
            : $"the next lease to end is job {next.JobId}'s, at {next.Record!.ExpiresAt:yyyy-MM-ddTHH:mm:ssZ}";
        return new HpcException(
            ErrorId.PortAreaExhausted,
            $"The port area {directory.Path} has no free port: {_leased} leased, {_listenedOn} listened on; {end}.",
            directory.Path);
    }

    private int[] PortsInRange()
    {
        var ports = directory.Ports();
        var inRange = Array.FindAll(ports, port => port >= first && port <= last);
        return inRange.Length > 0 ? inRange : throw new HpcException(
            ErrorId.PortAreaMissing,
            $"The directory {directory.Path} holds no file named by a port from {first} to {last} ({Plural.Of(ports.Length, "other")}).",
            directory.Path);
    }
}
