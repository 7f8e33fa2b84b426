using PisaHpc.Ports;
using PisaHpc.Posix;
using Xunit.Abstractions;

namespace PisaHpc.Unit.Ports;

/// <summary>The proof with real processes: 64 of them race for 1,000 ports, round after round, and some are killed in flight.</summary>
[Collection(nameof(Races))]
public sealed class PortRaceTests(ITestOutputHelper output) : IDisposable
{
    private const int Racers = 64;
    private const int JobsEach = 15;
    private const int First = 41000;
    private const int Last = 41999;

    /// <summary>A round's victims: killed between two system calls, at each point there is, or (null) wherever they are.</summary>
    private static readonly PortStep?[] KilledInTaking =
        [PortStep.Locked, PortStep.RecordWritten, PortStep.Linked, PortStep.Granted, null, null];

    private static readonly PortStep?[] KilledInReleasing = [PortStep.Unlinked, null];

    private readonly List<Racer> _racers = [.. Enumerable.Range(0, Racers).Select(index => new Racer($"r{index}", JobsEach))];

    public void Dispose() => _racers.ForEach(racer => racer.Dispose());

    [Fact]
    public async Task No_port_goes_to_two_jobs_and_none_is_lost()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        await RaceAsync("/var/tmp", rounds: 1, deadline.Token);
        await RaceAsync("/dev/shm", rounds: 2, deadline.Token);
    }

    /// <summary>The race on one file system: a disk, then one in memory, where the steps lie closer together.</summary>
    private async Task RaceAsync(string fileSystem, int rounds, CancellationToken stop)
    {
        using var test = new TestArea(First, Last, fileSystem);
        var witnesses = Directory.CreateTempSubdirectory("pisahpc-witnesses-").FullName;
        try
        {
            var before = _racers.Count(racer => racer.Killed);
            await TellAsync($"in {test.Path} {witnesses} {First} {Last}", [], stop);
            for (var round = 0; round < rounds; round++)
            {
                await TellAsync("take", KilledInTaking, stop);
                CheckHeld(test, JobsEach);
                await TellAsync("release", KilledInReleasing, stop);
                CheckHeld(test, 0);
            }

            Assert.Equal(before + (rounds * (KilledInTaking.Length + KilledInReleasing.Length)), _racers.Count(racer => racer.Killed));
            CheckRecovery(test, rounds);
        }
        finally
        {
            Directory.Delete(witnesses, recursive: true);
        }
    }

    /// <summary>Everybody does it at once, and some die on the way.</summary>
    private async Task TellAsync(string command, PortStep?[] kills, CancellationToken stop)
    {
        var living = _racers.Where(racer => !racer.Killed).ToArray();
        Random.Shared.Shuffle(living);
        foreach (var (racer, step) in living.Zip(kills).Where(victim => victim.Second is not null))
        {
            racer.Tell($"stall {step}");
        }

        foreach (var racer in living)
        {
            racer.Tell(command);
        }

        var said = command.Split(' ')[0];
        await Task.WhenAll(living.Select((racer, index) => racer.HearAsync(said, index < kills.Length ? Fatal(kills[index]) : null, stop)));
    }

    /// <summary>The line after which a victim is killed: standing still at its step, or any one of those it says while it works.</summary>
    private static Func<string, bool> Fatal(PortStep? step)
    {
        var left = 1 + Random.Shared.Next(JobsEach);
        return line => step is null ? --left == 0 : line == $"stalled {step}";
    }

    /// <summary>What the area says, by records and by hard links, and what the processes saw.</summary>
    private void CheckHeld(TestArea test, int each)
    {
        Assert.DoesNotContain(_racers.SelectMany(racer => racer.Said), line => line.Split(' ')[0] is "twice" or "lost");

        var leases = test.Area.List();
        Assert.Equal(leases.Count, leases.Select(lease => lease.Port).Distinct().Count());
        Assert.All(leases, lease => Assert.Equal(2u, LinuxFile.Status($"{test.Path}/{lease.Port}")!.Value.Links));

        var free = test.FoundFree();
        Assert.All(free, name => Assert.InRange(int.Parse(name), First, Last));
        Assert.Equal(Last - First + 1, free.Count + leases.Count);
        Assert.All(
            _racers.Where(racer => !racer.Killed),
            racer => Assert.Equal(each, leases.Count(lease => RacerOf(lease) == racer.Name && lease.State == nameof(LeaseState.Leased))));
    }

    /// <summary>Only the killed hold ports now: all of them come back.</summary>
    private void CheckRecovery(TestArea test, int rounds)
    {
        var killed = _racers.Where(racer => racer.Killed).Select(racer => racer.Name).ToHashSet();
        var left = test.Area.List();
        Assert.All(left, lease => Assert.Contains(RacerOf(lease), killed));

        var incomplete = test.Area.Reclaim(DateTimeOffset.UtcNow).Count;
        var ended = test.Area.Reclaim(DateTimeOffset.UtcNow.AddMinutes(11), lease => !killed.Contains(RacerOf(lease))).Count;

        Assert.InRange(incomplete, rounds, left.Count);
        Assert.Equal(left.Count, incomplete + ended);
        Assert.Empty(test.Area.List());
        Assert.Equal(Last - First + 1, test.FoundFree().Count);
        var leased = _racers.Sum(racer => racer.Said.Count(line => line.StartsWith("leased", StringComparison.Ordinal)));
        output.WriteLine(
            $"{test.Path}: {leased} leases so far; {killed.Count} of {Racers} processes killed; "
            + $"{incomplete} half-way and {ended} whole leases of theirs came back.");
    }

    private static string RacerOf(JobPort lease) => lease.JobId.Split('-')[0];
}

/// <summary>Keeps 64 processes out of the way of tests that watch the clock.</summary>
[CollectionDefinition(nameof(Races), DisableParallelization = true)]
public sealed class Races;
