using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace PisaHpc.Module.Base;

/// <summary>
/// The error that a cmdlet makes of a failure that no part of the module knows: which cmdlet and which method of ours it came from, the
/// exception's type and words, and how to report it. The exception itself stays within, for <c>Get-Error</c>.
/// </summary>
internal static partial class InternalFailure
{
    private static readonly string Version = typeof(InternalFailure).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Makes the error.</summary>
    /// <param name="command">The cmdlet.</param>
    /// <param name="target">The node, file or job that it was about.</param>
    public static HpcException Of(Exception exception, string? command, object? target) => new(
        ErrorId.InternalError,
        $"{command ?? "A cmdlet"} failed in a way that it does not know, in {PlaceOf(exception)}: "
        + $"{exception.GetType().FullName}: {Quote.Cause(exception)}",
        target,
        $"Run Get-Error, and report what it shows together with the command line and the version of PisaHpc ({Version}): it is a bug.",
        exception);

    /// <summary>The method of ours that is nearest to where the innermost exception was thrown.</summary>
    internal static string PlaceOf(Exception exception) =>
        Chain(exception).Reverse().Select(FrameOf).FirstOrDefault(frame => frame is not null) ?? "a place that left no trace";

    private static IEnumerable<Exception> Chain(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception;
        }
    }

    private static string? FrameOf(Exception exception) => new StackTrace(exception, fNeedFileInfo: false).GetFrames()
        .Select(frame => frame.GetMethod())
        .Where(method => method?.DeclaringType?.Assembly is { } assembly
            && (assembly == typeof(InternalFailure).Assembly || assembly == typeof(HpcException).Assembly))
        .Select(method => NameOf(method!))
        .FirstOrDefault();

    /// <summary>
    /// The name as it is written: the compiler puts an async method into a type <c>&lt;Name&gt;d__1</c> and a lambda into a method
    /// <c>&lt;Name&gt;b__0</c>.
    /// </summary>
    private static string NameOf(MethodBase method)
    {
        var type = method.DeclaringType!;
        var inner = method.Name;
        while (type.DeclaringType is { } outer && type.Name.Contains('<', StringComparison.Ordinal))
        {
            inner = Written().IsMatch(type.Name) ? type.Name : inner;
            type = outer;
        }

        return $"{type.Name.Split('`')[0]}.{(Written().Match(inner) is { Success: true } name ? name.Groups[1].Value : inner)}";
    }

    [GeneratedRegex("<([A-Za-z_][A-Za-z0-9_]*)>")]
    private static partial Regex Written();
}
