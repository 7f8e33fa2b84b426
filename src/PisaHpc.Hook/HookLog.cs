namespace PisaHpc.Hook;

/// <summary>What a hook says, a line each: batch systems' logs take lines.</summary>
internal sealed class HookLog(TextWriter output, TextWriter error)
{
    /// <summary>How many failures were told.</summary>
    public int Failures { get; private set; }

    /// <summary>The worst of them for a sweep (<see cref="HookExit.OfSweep(HpcException)"/>).</summary>
    public int Worst { get; private set; }

    /// <summary>The first failure, for a program that asks why; null for none.</summary>
    public HookReason? Reason { get; private set; }

    /// <summary>Says what was done.</summary>
    public void Done(string words) => Write(output, words);

    /// <summary>Says what happens.</summary>
    public void Trace(string words) => Write(error, words);

    /// <summary>Warns.</summary>
    public void Warn(string words) => Write(error, $"warning: {words}");

    /// <summary>Says that something failed.</summary>
    public void Fail(HpcException failure)
    {
        Reason ??= HookReason.Of(failure);
        foreach (var bug in failure.FailedNodes.Where(node => node.Id == ErrorId.InternalError))
        {
            Fail($"{bug.Id} on {bug.Node}: {bug.Cause}");
        }

        Fail($"{failure.Id}: {failure.Message} {failure.RecommendedAction}", HookExit.OfSweep(failure));
    }

    /// <summary>Keeps what interrupted the work, for a program that asks why.</summary>
    public void Interrupted(InterruptionCause cause) => Reason ??= HookReason.Of(cause);

    /// <summary>Says that something failed on a node.</summary>
    public void Fail(NodeFailure failure) => Fail(
        $"{failure.Id} on {failure.Node}: {(failure.Id == ErrorId.InternalError ? failure.Cause : failure.Message)}",
        failure.Cause is HpcException known ? HookExit.OfSweep(known) : HookExit.Bug);

    /// <summary>Says that something failed, of which another time may be the end.</summary>
    public void Fail(string words) => Fail(words, HookExit.MayPass);

    private void Fail(string words, int code)
    {
        lock (error)
        {
            Failures++;
            Worst = HookExit.Worse(Worst, code);
            Write(error, words);
        }
    }

    private static void Write(TextWriter writer, string words)
    {
        var line = string.Join(' ', words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        lock (writer)
        {
            try
            {
                writer.WriteLine($"pisahpc-hook: {line}");
            }
            catch (IOException)
            {
                // A log that is full or gone is no reason to take a job back.
            }
        }
    }
}
