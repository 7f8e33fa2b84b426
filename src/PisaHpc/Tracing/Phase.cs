namespace PisaHpc.Tracing;

/// <summary>What a job or a node goes through. A phase's name is that of its activity, and stays.</summary>
public enum Phase
{
    /// <summary>A job is planned, and nothing changed.</summary>
    PlanJob,

    /// <summary>A job is started on all of its nodes, or on none.</summary>
    StartJob,

    /// <summary>A job is taken off its nodes.</summary>
    StopJob,

    /// <summary>A node is asked which of the jobs' containers it has.</summary>
    FindJob,

    /// <summary>The batch system is asked which jobs live.</summary>
    AskBatchSystem,

    /// <summary>A node and its engine are asked what they are and hold, before anything is changed.</summary>
    Survey,

    /// <summary>The job gets its port.</summary>
    LeasePort,

    /// <summary>The job's lease is locked, once nobody else starts or stops the job.</summary>
    HoldLease,

    /// <summary>All that a start of a job, or of containers, does on one node.</summary>
    StartOnNode,

    /// <summary>What an earlier attempt left on a node is removed.</summary>
    RemoveLeftovers,

    /// <summary>A node gets what a login into its container needs: keys and configuration of ssh.</summary>
    WriteAccess,

    /// <summary>A node's engine creates and starts the container.</summary>
    StartContainer,

    /// <summary>Files are copied into a node's containers, or out of them.</summary>
    CopyItems,

    /// <summary>A container that runs is waited for until one gets into it.</summary>
    WaitUntilReady,

    /// <summary>The ranks of an MPI run are on a node, until all of the run have ended.</summary>
    RunRanks,

    /// <summary>What was started is taken back: from all nodes, and within that from each.</summary>
    TakeBack,

    /// <summary>All that a stop of a job, or of containers, does on one node.</summary>
    StopOnNode,

    /// <summary>A container is stopped and removed.</summary>
    StopContainer,

    /// <summary>A job's containers on a node are stopped and removed.</summary>
    RemoveContainers,

    /// <summary>A job's directory on a node is removed, with its keys.</summary>
    RemoveAccess,

    /// <summary>The registry is asked, through a node's engine, which image a name means now.</summary>
    ResolveDigest,

    /// <summary>All that an update of images does on one node.</summary>
    UpdateNode,

    /// <summary>One image on one node, with all attempts.</summary>
    UpdateImage,

    /// <summary>A node waits until another one is free to give it the image.</summary>
    WaitForGiver,

    /// <summary>A node gets an image from another one.</summary>
    ReceiveImage,

    /// <summary>A node's engine pulls an image.</summary>
    PullImage,

    /// <summary>What a node has of static environments is compared with what is declared.</summary>
    CompareNode,

    /// <summary>All that brings one static environment on one node to what is declared.</summary>
    SyncNode,

    /// <summary>Users' processes in a container are waited for, while nobody new gets in.</summary>
    DrainContainer,

    /// <summary>A node's engine asks the registry for the manifest of an image that another node gave it.</summary>
    PullManifest,

    /// <summary>A name on a node is moved to an image.</summary>
    NameImage,

    /// <summary>After an attempt that failed for a reason that may pass.</summary>
    WaitToRetry,

    /// <summary>What an image is to be made of is looked at.</summary>
    OpenSource,

    /// <summary>An image is made of a tree, a tar or a stream.</summary>
    ImportImage,

    /// <summary>A node's engine pushes an image to a registry.</summary>
    PushImage,

    /// <summary>All that makes one node fit.</summary>
    SetUpNode,

    /// <summary>A node is compared with the site.</summary>
    PlanSetup,

    /// <summary>A node gets the registry's certificate.</summary>
    PutCertificate,

    /// <summary>A node gets the directory for jobs' files.</summary>
    MakeRunDirectory,

    /// <summary>The port area, or what it lacks, is made.</summary>
    MakePortArea,

    /// <summary>The directory for records of ended jobs is made.</summary>
    MakeRecords,

    /// <summary>A node's engine gets another configuration.</summary>
    PutConfiguration,

    /// <summary>A node's engine is told to read its configuration, and does.</summary>
    ReloadEngine,

    /// <summary>A node's engine is restarted.</summary>
    RestartEngine,

    /// <summary>A node's engine gets its old configuration back.</summary>
    RestoreConfiguration,

    /// <summary>A node's checks.</summary>
    CheckNode,

    /// <summary>What some checks of a node have to know, and others do not, is asked for.</summary>
    GatherEvidence,

    /// <summary>A node gets a batch system's hooks.</summary>
    PutHooks,

    /// <summary>A batch system's hooks are taken off a node.</summary>
    RemoveHooks,

    /// <summary>A batch system's configuration is changed.</summary>
    ConfigureBatchSystem,
}
