using PisaHpc.Nodes;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// What runs on a node for <see cref="JobDirectory"/>. The run directory is root's; a job's directory in it is its user's, who may put
/// anything there: the scripts follow no symbolic link of his.
/// </summary>
internal static class JobDirectoryScripts
{
    /// <summary>The exit code of a refusal whose reason stands on standard error.</summary>
    public const int Refused = 70;

    /// <summary>The exit code for a directory that does not exist.</summary>
    public const int Absent = 71;

    /// <summary>Puts the files of a tar there, all or none.</summary>
    public static readonly NodeScript Write = NodeScript.Of("Access/Ssh/job-directory-write.sh");

    /// <summary>Takes the directory away, and ends whoever writes or uses it.</summary>
    public static readonly NodeScript Remove = NodeScript.Of("Access/Ssh/job-directory-remove.sh");

    /// <summary>Reads files of one directory.</summary>
    public static readonly NodeScript Read = NodeScript.Of("Access/Ssh/job-directory-read.sh");

    /// <summary>Reads one file of every job's directory.</summary>
    public static readonly NodeScript List = NodeScript.Of("Access/Ssh/job-directory-list.sh");
}
