using System.Reflection;
using PisaHpc.Access.Agent;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Hook;

/// <summary>A run of the program.</summary>
internal static class HookRun
{
    private static readonly string Version =
        typeof(HookRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Does what the arguments say.</summary>
    /// <returns>The exit code (<see cref="HookExit"/>).</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var log = new HookLog(Console.Out, Console.Error);
        try
        {
            var options = HookOptions.Read(arguments);
            switch (options.Verb)
            {
                case HookVerb.Help:
                    Console.WriteLine(HookOptions.Help);
                    return HookExit.Done;
                case HookVerb.Version:
                    Console.WriteLine(Version);
                    return HookExit.Done;
                default:
                    using (var trace = HookTrace.For(options))
                    {
                        return await WorkAsync(options, log, trace);
                    }
            }
        }
        catch (HookUsageException exception)
        {
            log.Fail($"{exception.Message} See pisahpc-hook -Help.");
            return HookExit.Usage;
        }
    }

    /// <summary>Does the work, until it ends or is interrupted.</summary>
    private static async Task<int> WorkAsync(HookOptions options, HookLog log, HookTrace? trace)
    {
        using var interruption = new Interruption(
            options.Deadline, log.Warn, options.Verb == HookVerb.Sweep ? LastWords.OfSweep : LastWords.OfJob);
        var taken = new TakenBack(interruption.Token);
        try
        {
            var site = SiteOf(options);
            foreach (var remark in options.Verbose ? PrivateKeys.RemarksOn(site.Nodes) : [])
            {
                log.Trace(remark);
            }

            var code = HookExit.Done;
            using var run = options.Verbose ? new TracedRun($"pisahpc-hook {options.Verb}", phase => log.Trace(phase.ToString())) : null;
            await (trace?.RunAsync(ToldAsync) ?? ToldAsync());
            return code;

            Task ToldAsync() => run?.RunAsync(RunAsync) ?? RunAsync();

            async Task RunAsync() => code = await DoAsync(options, site, log, taken, interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Cause is { } cause)
        {
            log.Interrupted(cause);
            return options.Verb switch
            {
                HookVerb.Start => End(log, $"Stopped by {cause.Words}. {InWords(taken)}", cause.ExitCode),
                HookVerb.Sweep => End(log, $"Stopped by {cause.Words}. The next sweep goes on.", HookExit.MayPass),
                _ => End(log, $"Stopped by {cause.Words}. Something may be left: stop the job again.", HookExit.LeftBehind),
            };
        }
        catch (HpcException failure)
        {
            log.Fail(failure);
            return options.Verb switch
            {
                HookVerb.Stop => HookExit.LeftBehind,
                HookVerb.Sweep => HookExit.OfSweep(failure),
                _ => HookExit.Of(failure, nodes: 0),
            };
        }
#pragma warning disable CA1031 // The last place that can say what went wrong.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            return End(log, $"{ErrorId.InternalError}: pisahpc-hook {Version}: {bug}", HookExit.Bug);
        }
        finally
        {
            // A signal still does not end the process here.
            WriteReason(options, log);
            trace?.Write(log);
        }
    }

    /// <summary>A reason that cannot be written is on stderr all the same.</summary>
    internal static void WriteReason(HookOptions options, HookLog log)
    {
        if (options.ReasonFile is null || log.Reason is null)
        {
            return;
        }

        try
        {
            File.WriteAllText(options.ReasonFile, log.Reason.ToString());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.Warn($"{options.ReasonFile} cannot be written: {Quote.Cause(exception)}");
        }
    }

    private static int End(HookLog log, string words, int code)
    {
        log.Fail(words);
        return code;
    }

    /// <summary>
    /// The site definition. A hook of root's may run in the environment of a job, which is its user's to make: there the variable counts
    /// for nothing.
    /// </summary>
    private static HpcSite SiteOf(HookOptions options)
    {
        var site = SiteLocation.Read(options.Site ?? (Environment.IsPrivilegedProcess ? SiteLocation.Default : null));
        return site.Path is null ? throw SiteLocation.Missing() : site;
    }

    /// <summary>What became of a start that was interrupted: a batch system's log has it with the job, the nodes and the signal.</summary>
    private static string InWords(TakenBack taken) =>
        taken.Lines.Count > 0 ? string.Join(' ', taken.Lines) : "Nothing had been started.";

    private static Task<int> DoAsync(
        HookOptions options, HpcSite site, HookLog log, TakenBack taken, CancellationToken cancellationToken)
    {
        var environment = JobEnvironment.OfProcess();
        var cluster = ClusterOf(site, options, log);
        return options.Verb switch
        {
            HookVerb.Start => new StartHook(site, cluster, log, taken).RunAsync(options, environment, cancellationToken),
            HookVerb.Sweep => new SweepHook(site, cluster, log, AskAsync).RunAsync(options, cancellationToken),
            _ => new StopHook(site, cluster, log).RunAsync(options, environment, cancellationToken),
        };

        Task<JobCensus> AskAsync(CancellationToken stopping) => SiteBatchSystem.AskAsync(
            site, site.Batch.System, host: null, options.BatchTimeout, (system, limit) => system.ListJobsAsync(limit), stopping);
    }

    /// <summary>The site's nodes; of a node that was booted it is the node itself, which nobody may log in to yet.</summary>
    private static Cluster ClusterOf(HpcSite site, HookOptions options, HookLog log)
    {
        var access = options.Boot
            ? site.Nodes with { Client = SshClientKind.Local }
            : site.Nodes with { Here = OwnNode.Of(site.Nodes, options.On, Environment.IsPrivilegedProcess) };

        return new Cluster(NodeConnectors.For(access), NodeConnectors.EnginesFor(access, PlaceOfAgent), log.Fail)
        {
            RunDirectory = site.RunDirectory,
            NodeTimeout = options.NodeTimeout
                ?? (options.Verb == HookVerb.Start ? Timeout.InfiniteTimeSpan : options.Grace + Cluster.ShortWork),
        };

        // It lies beside this program.
        string? PlaceOfAgent() => AgentProgram.In(AppContext.BaseDirectory)?.PlaceIn(site.RunDirectory).Directory;
    }
}
