using System.Diagnostics;
using System.Globalization;
using System.Net;
using PisaHpc.Ports;

// PortRacer NAME JOBS
//
// Reads commands from stdin, a line each, and says on stdout what it did:
//   in AREA WITNESSES [FIRST LAST]   works from now on in that area, and leases ports of that range; nothing listens on them
//   as-cmdlet AREA WITNESSES [FIRST LAST]   the same as New-JobPort leases: looks first, and asks the kernel what listens
//   take                leases a port for each of JOBS jobs
//   release             gives them back
//   hold                takes hold of its first job's lease for good, and starts a process that outlives it
//   try                 as take, and says what refuses it
//   stall STEP          stands still, for ever, when a claim or release next comes to that step
// Beside each lease stands a witness that knows nothing of hard links: a file named by the port, that only one process can create. It is
// made after the lease and removed before the release, so that one that is there already is a port given twice.
var (name, jobs, witnesses) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), "");
var nothingListens = new HashSet<int>();
var looksFirst = false;
PortStep? stall = null;
PortArea area = null!;
while (Console.ReadLine()?.Split(' ') is { } command)
{
    switch (command[0])
    {
        case "in" or "as-cmdlet":
            looksFirst = command[0] == "as-cmdlet";
            witnesses = command[2];
            var range = command[3..].Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToArray();
            var (first, last) = range is [var lowest, var highest] ? (lowest, highest) : (1, IPEndPoint.MaxPort);
            area = looksFirst
                ? new PortArea(command[1], first, last) { AfterStep = StallIfTold }
                : new PortArea(command[1], first, last) { ListeningHere = () => nothingListens, AfterStep = StallIfTold };
            break;
        case "take":
            ForEachJob(Take);
            break;
        case "hold":
            area.Hold(new PortRequest { JobId = $"{name}-0", Owner = "hpcuser" });
            Console.WriteLine($"child {Process.Start("sleep", "60").Id}");
            break;
        case "try":
            ForEachJob(Try);
            break;
        case "release":
            ForEachJob(Release);
            break;
        case "stall":
            stall = Enum.Parse<PortStep>(command[1]);
            break;
    }

    Console.WriteLine(command[0]);
}

void ForEachJob(Action<string> action)
{
    for (var index = 0; index < jobs; index++)
    {
        action($"{name}-{index}");
    }
}

void Take(string job)
{
    var request = new PortRequest { JobId = job, Owner = "hpcuser", Nodes = "o2wn[01-02]" };
    var lease = area.Lease(looksFirst ? request with { Planned = area.Predict(request).Port } : request);
    var witness = Path.Combine(witnesses, lease.ToString());
    try
    {
        using var file = new StreamWriter(new FileStream(witness, FileMode.CreateNew, FileAccess.Write));
        file.Write(job);
    }
    catch (IOException) when (File.Exists(witness))
    {
        Console.WriteLine($"twice {lease} {job} {File.ReadAllText(witness)}");
    }

    Console.WriteLine($"leased {lease} {job}");
}

void Try(string job)
{
    try
    {
        Take(job);
    }
    catch (HpcException failure)
    {
        Console.WriteLine($"refused {failure.Id} {failure.Message} {failure.RecommendedAction}");
    }
}

void Release(string job)
{
    File.Delete(Path.Combine(witnesses, area.Find(job)!.ToString()));
    Console.WriteLine(area.Release(job).Changed ? $"released {job}" : $"lost {job}");
}

void StallIfTold(PortStep step)
{
    if (step == stall)
    {
        Console.WriteLine($"stalled {step}");
        Thread.Sleep(Timeout.Infinite);
    }
}
