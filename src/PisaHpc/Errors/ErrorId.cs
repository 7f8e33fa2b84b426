namespace PisaHpc.Errors;

/// <summary>The stable error ids of the module: the first part of each error record's <c>FullyQualifiedErrorId</c>.</summary>
public enum ErrorId
{
    /// <summary>No connection to a node, or it broke: no route, no name, refused, or nobody took it in time.</summary>
    NodeUnreachable,

    /// <summary>A node is slow, or hangs: what it was asked to do was cut short when its time was up.</summary>
    NodeTimeout,

    /// <summary>A node answered and refused every credential offered.</summary>
    NodeAuthenticationFailed,

    /// <summary>A node accepted the login, and the account's shell or a forced command of its sshd did not run what it was sent.</summary>
    NodeShellRefused,

    /// <summary>A node's host key stands in no known_hosts file.</summary>
    HostKeyUnknown,

    /// <summary>A node's host key differs from the one in known_hosts, or is revoked there.</summary>
    HostKeyChanged,

    /// <summary>The node is up and its container engine is not there: no socket, refused, or no client for it.</summary>
    EngineUnavailable,

    /// <summary>The node is up and its container engine is slow, or hangs: its answer had not come when the time was up.</summary>
    EngineTimeout,

    /// <summary>The container engine's API is older than the oldest this module speaks.</summary>
    EngineTooOld,

    /// <summary>The node does not hold the image, and no registry gave it.</summary>
    ImageNotFound,

    /// <summary>The registry holds the image and the pull failed.</summary>
    ImagePullFailed,

    /// <summary>The tree or tar that an image is to be made of does not exist.</summary>
    ImageSourceMissing,

    /// <summary>What an image is to be made of is neither a tree nor a tar that the engine can take.</summary>
    ImageSourceInvalid,

    /// <summary>A part of the tree or tar that an image is to be made of cannot be read.</summary>
    ImageSourceUnreadable,

    /// <summary>The engine refused to make an image of what it was sent.</summary>
    ImageImportFailed,

    /// <summary>The registry took no push of the image.</summary>
    ImagePushFailed,

    /// <summary>The engine does not reach the registry.</summary>
    RegistryUnreachable,

    /// <summary>The engine's disk has no room for what it was to store.</summary>
    DiskFull,

    /// <summary>The nodes of a job hold different images under the same name.</summary>
    ImageMismatch,

    /// <summary>The source of a required mount does not exist on the node.</summary>
    MountSourceMissing,

    /// <summary>A device that was asked for does not exist on the node.</summary>
    DeviceMissing,

    /// <summary>The node refused a limit (memlock and the like).</summary>
    LimitRefused,

    /// <summary>A container was started, and the kernel does not hold it to a limit that it was to have.</summary>
    LimitNotInForce,

    /// <summary>The port area's directory does not exist or holds no port file.</summary>
    PortAreaMissing,

    /// <summary>Every port of the area is leased or listened on.</summary>
    PortAreaExhausted,

    /// <summary>The port area is there and cannot be read, written or locked.</summary>
    PortAreaUnusable,

    /// <summary>Something else listens on the job's port: another program, or a container that the job has on the node already.</summary>
    PortInUse,

    /// <summary>Options of a plan exclude each other.</summary>
    PlanConflict,

    /// <summary>An option that the module sets itself was asked for.</summary>
    ReservedOption,

    /// <summary>A container was started and did not become ready in time.</summary>
    ContainerNotReady,

    /// <summary>What was asked for goes from container to container by ssh, and these have no sshd.</summary>
    SshAccessMissing,

    /// <summary>What was asked for goes into a container by its agent, and there is none: in the container, or beside the module.</summary>
    AgentMissing,

    /// <summary>No batch system's environment was found, or the job it names is unknown.</summary>
    AllocationNotFound,

    /// <summary>The batch system could not be asked, did not answer in time, or said what is not understood.</summary>
    BatchSystemFailed,

    /// <summary>The site definition is not valid; names file, line and column.</summary>
    SiteInvalid,

    /// <summary>The machine has no site definition, none was named, and what was asked for needs one.</summary>
    SiteMissing,

    /// <summary>The environment's name or alias is not in the site definition.</summary>
    EnvironmentNotFound,

    /// <summary>No static environment of the site has the name.</summary>
    StaticNotFound,

    /// <summary>A node has a container of a static environment's name that is not as the site declares it now, or is nobody's.</summary>
    StaticDiffers,

    /// <summary>A job is to be placed into a static environment that is not declared for a node of it.</summary>
    StaticNotDeclared,

    /// <summary>A job is to be placed into a static environment whose container on a node does not run.</summary>
    StaticNotRunning,

    /// <summary>
    /// A static environment's container runs and no job could be placed into it: it was made before jobs were, or lacks something.
    /// </summary>
    StaticNotReady,

    /// <summary>A static environment's container takes no job now: it is being drained, replaced, restarted or stopped.</summary>
    StaticDrained,

    /// <summary>Somebody else is bringing the static environment on that node to what is declared.</summary>
    StaticBeingSynced,

    /// <summary>Users work in a static environment's container that was to give way.</summary>
    StaticBusy,

    /// <summary>Static environments were not all brought to what is declared: too many nodes failed, or lack theirs already.</summary>
    StaticSyncStopped,

    /// <summary>The MPI launcher itself failed, before any rank ran.</summary>
    MpiLaunchFailed,

    /// <summary>A rank ended with a code other than 0, or by a signal.</summary>
    RankFailed,

    /// <summary>A command in a job's container ended with a code other than 0, or could not be run there.</summary>
    CommandFailed,

    /// <summary>A file or directory that was to be copied is not there, or where it was to be copied to.</summary>
    ItemNotFound,

    /// <summary>A file or directory was not copied: it may not be read or written, or what came of it is not sound.</summary>
    ItemNotCopied,

    /// <summary>What was asked for needs a terminal, and this process has none.</summary>
    TerminalMissing,

    /// <summary>A job was not started because nodes stand in its way; nothing was changed on any node.</summary>
    JobNotStarted,

    /// <summary>A job's start failed on nodes, and all that had been started was taken back from all of them.</summary>
    JobRolledBack,

    /// <summary>A job's start failed, and something of it is left on nodes.</summary>
    JobLeftBehind,

    /// <summary>Another process starts or stops the job at this moment.</summary>
    JobBeingStarted,

    /// <summary>What there is of the job is another user's than the one for whom it was to be started or stopped.</summary>
    JobOfAnotherUser,

    /// <summary>A job was not in the state that it was waited for, within the time for it.</summary>
    JobNotInState,

    /// <summary>Nothing of the job was found on the nodes asked.</summary>
    JobNotFound,

    /// <summary>The site keeps no records of ended jobs, or their directory does not exist on this machine.</summary>
    RecordsMissing,

    /// <summary>The directory of ended jobs' records cannot be read or written, or is not safe from others.</summary>
    RecordsUnusable,

    /// <summary>A container that was asked for by name or id does not exist.</summary>
    ContainerNotFound,

    /// <summary>A parameter's value is not well formed.</summary>
    InvalidValue,

    /// <summary>The user is not known to the machine's name service.</summary>
    UserNotFound,

    /// <summary>A command on a node failed for a reason that none of the other ids names.</summary>
    NodeCommandFailed,

    /// <summary>Checks of a node came out as bad as -FailOn says.</summary>
    NodeCheckFailed,

    /// <summary>Findings of a container, a plan or the site definition are as bad as -FailOn says.</summary>
    ContainerCheckFailed,

    /// <summary>An engine's configuration on a node is not JSON, or holds what the engine would not take; names line and column.</summary>
    EngineConfigurationInvalid,

    /// <summary>An engine did not take up its new configuration; the old one was put back.</summary>
    EngineConfigurationRefused,

    /// <summary>A batch system's configuration cannot be joined as it stands, or would do harm; names file and line.</summary>
    BatchConfigurationInvalid,

    /// <summary>Hooks are not on every node that calls them, so that the batch system is not told to call them.</summary>
    BatchHookIncomplete,

    /// <summary>The operation needs Linux (sysfs, hard links).</summary>
    PlatformNotSupported,

    /// <summary>A failure that no part of the module knows: a bug of the module, or of what it is made with.</summary>
    InternalError,
}
