using System.Diagnostics;
using System.Reflection;

namespace PisaHpc.Tracing;

/// <summary>
/// What is asked of a node below a phase: an activity of the source <see cref="NodeRequests.SourceName"/> for each connection, command and
/// request, made where it is sent. Where nobody listens there is none. Names and tags follow OpenTelemetry's semantic conventions (HTTP
/// client spans, CLI client spans); no argument of a command and no content of a request is among them.
/// </summary>
public enum NodeRequest
{
    /// <summary>A connection that is not open yet is waited for, by ssh or to the engine.</summary>
    Connect,

    /// <summary>A command on the node: a channel of the connection.</summary>
    NodeCommand,

    /// <summary>A request to the node's engine, until its answer begins.</summary>
    EngineRequest,
}

/// <summary>Makes the activities of requests.</summary>
public static class NodeRequests
{
    /// <summary>The source's name, for whoever listens.</summary>
    public const string SourceName = "PisaHpc.Requests";

    /// <summary>The tag with the node, as OpenTelemetry has it.</summary>
    public const string AddressTag = "server.address";

    /// <summary>The tag with the file name of a command's program.</summary>
    internal const string ProgramTag = "process.executable.name";

    /// <summary>The tag with a command's exit code.</summary>
    internal const string ExitCodeTag = "process.exit.code";

    /// <summary>The tag with a request's HTTP method.</summary>
    internal const string MethodTag = "http.request.method";

    /// <summary>The tag with the path of a request, with a placeholder for each name.</summary>
    internal const string TemplateTag = "url.template";

    /// <summary>The tag with the status of an engine's answer.</summary>
    internal const string StatusTag = "http.response.status_code";

    private static ActivitySource Source { get; } = new(
        SourceName,
        typeof(NodeRequests).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);

    /// <summary>Does what is asked of a node.</summary>
    /// <param name="words">What is asked, as few different words as there are kinds of it.</param>
    /// <param name="work">Does it, and sets what more it knows on the activity, which is null where nobody listens.</param>
    internal static async Task<T> RunAsync<T>(this NodeRequest request, string node, Func<string> words, Func<Activity?, Task<T>> work)
    {
        if (!Source.HasListeners())
        {
            return await work(null);
        }

        using var activity = Source.StartActivity(request.ToString(), ActivityKind.Client);
        if (activity is not null)
        {
            activity.DisplayName = words();
            activity.SetTag(Phases.NodeTag, node).SetTag(AddressTag, node);
            if (activity.Parent?.GetTagItem(Phases.JobTag) is { } job)
            {
                activity.SetTag(Phases.JobTag, job);
            }
        }

        try
        {
            return await work(activity);
        }
        catch (Exception failure)
        {
            if (activity is not null)
            {
                Phases.SetOutcome(activity, failure);
            }

            throw;
        }
    }
}
