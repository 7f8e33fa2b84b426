namespace PisaHpc.Tracing;

/// <summary>How phases are said to people, in the one place that says it.</summary>
internal static class PhaseWords
{
    /// <summary>What happens in a phase, as it is said beside the node's or the job's name.</summary>
    public static string Of(Phase phase) => phase switch
    {
        Phase.PlanJob => "planning the job",
        Phase.StartJob => "starting the job",
        Phase.StopJob => "stopping the job",
        Phase.FindJob => "looking for jobs",
        Phase.AskBatchSystem => "asking the batch system",
        Phase.Survey => "asking the node",
        Phase.LeasePort => "leasing a port",
        Phase.HoldLease => "taking hold of the lease",
        Phase.StartOnNode => "starting",
        Phase.RemoveLeftovers => "removing an earlier attempt",
        Phase.WriteAccess => "writing the ssh configuration",
        Phase.StartContainer => "starting the container",
        Phase.WaitUntilReady => "waiting until it is ready",
        Phase.TakeBack => "taking back what was started",
        Phase.StopOnNode => "stopping",
        Phase.StopContainer => "stopping the container",
        Phase.RemoveContainers => "removing containers",
        Phase.RemoveAccess => "removing keys and configuration",
        Phase.ResolveDigest => "asking the registry for digests",
        Phase.UpdateNode => "updating its images",
        Phase.UpdateImage => "updating",
        Phase.WaitForGiver => "waiting for a node that holds it",
        Phase.ReceiveImage => "receiving",
        Phase.PullImage => "pulling the image",
        Phase.PullManifest => "asking the registry for the manifest",
        Phase.NameImage => "giving the image its name",
        Phase.WaitToRetry => "waiting for the next attempt",
        Phase.OpenSource => "looking at the source",
        Phase.ImportImage => "importing the image",
        Phase.PushImage => "pushing the image",
        Phase.SetUpNode => "making it fit",
        Phase.PlanSetup => "comparing it with the site",
        Phase.PutCertificate => "putting the registry's certificate",
        Phase.MakeRunDirectory => "making the directory for jobs' files",
        Phase.MakePortArea => "making the port area",
        Phase.PutConfiguration => "writing the engine's configuration",
        Phase.ReloadEngine => "having the engine read its configuration",
        Phase.RestartEngine => "restarting the engine",
        Phase.RestoreConfiguration => "putting the engine's old configuration back",
        Phase.CheckNode => "checking",
        Phase.PutHooks => "putting the batch system's hooks",
        Phase.RemoveHooks => "removing the batch system's hooks",
        Phase.ConfigureBatchSystem => "changing the batch system's configuration",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "A phase without words."),
    };
}
