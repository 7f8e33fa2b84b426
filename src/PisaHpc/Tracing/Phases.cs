using System.Diagnostics;
using System.Reflection;

namespace PisaHpc.Tracing;

/// <summary>
/// Runs work as a phase: an <see cref="Activity"/> of the source <see cref="SourceName"/> that begins and ends with the work and says how
/// it came out. Where nobody listens the work is called, and that is all. A node or job that is not named is the enclosing phase's.
/// </summary>
public static class Phases
{
    /// <summary>The source's name, for whoever listens.</summary>
    public const string SourceName = "PisaHpc";

    /// <summary>The tag with the node.</summary>
    public const string NodeTag = "pisahpc.node";

    /// <summary>The tag with the job's id.</summary>
    public const string JobTag = "pisahpc.job";

    /// <summary>The tag with what a phase's name leaves open, such as the image.</summary>
    public const string DetailTag = "pisahpc.detail";

    /// <summary>
    /// The tag with the <see cref="ErrorId"/> of a phase that failed, or else the exception's type. OpenTelemetry, semantic conventions,
    /// "Recording errors on spans".
    /// </summary>
    public const string ErrorTag = "error.type";

    /// <summary>
    /// The tag of a phase that was interrupted: its status stays unset, since neither it nor anything else failed by that.
    /// </summary>
    public const string CancelledTag = "pisahpc.cancelled";

    /// <summary>Where phases come from.</summary>
    internal static ActivitySource Source { get; } = new(
        SourceName,
        typeof(Phases).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);

    /// <summary>Runs work as a phase.</summary>
    /// <param name="detail">What the phase's name leaves open, such as "from o2wn03".</param>
    public static Task RunAsync(this Phase phase, Func<Task> work, string? node = null, string? job = null, string? detail = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Source.HasListeners() ? TracedAsync(phase, WithResult(work), node, job, detail) : work();
    }

    /// <summary>The same for work with a result.</summary>
    /// <param name="detail">What the phase's name leaves open, such as "from o2wn03".</param>
    public static Task<T> RunAsync<T>(
        this Phase phase, Func<Task<T>> work, string? node = null, string? job = null, string? detail = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Source.HasListeners() ? TracedAsync(phase, work, node, job, detail) : work();
    }

    /// <summary>Ends an activity with its outcome.</summary>
    /// <param name="failure">Why the work failed, or was interrupted; null when it did neither.</param>
    internal static void SetOutcome(Activity activity, Exception? failure)
    {
        switch (failure)
        {
            case null:
                activity.SetStatus(ActivityStatusCode.Ok);
                break;
            case OperationCanceledException:
                activity.SetTag(CancelledTag, true);
                break;
            default:
                activity.SetTag(ErrorTag, failure is HpcException known ? known.Id.ToString() : failure.GetType().FullName);
                activity.SetStatus(ActivityStatusCode.Error, failure.Message);
                break;
        }
    }

    /// <summary>Work without a result as work with one.</summary>
    internal static Func<Task<bool>> WithResult(Func<Task> work) => async () =>
    {
        await work();
        return true;
    };

    private static async Task<T> TracedAsync<T>(Phase phase, Func<Task<T>> work, string? node, string? job, string? detail)
    {
        using var activity = Source.StartActivity(ActivityKind.Internal, tags: Tags(node, job, detail), name: phase.ToString());
        Exception? failure = null;
        try
        {
            return await work();
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            if (activity is not null)
            {
                SetOutcome(activity, failure);
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, object?>> Tags(string? node, string? job, string? detail)
    {
        var around = Activity.Current;
        return new[]
        {
            KeyValuePair.Create(NodeTag, node ?? around?.GetTagItem(NodeTag)),
            KeyValuePair.Create(JobTag, job ?? around?.GetTagItem(JobTag)),
            KeyValuePair.Create(DetailTag, (object?)detail),
        }.Where(tag => tag.Value is not null);
    }
}
