using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Docker.DotNet;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The engine's failures under the module's error ids, with the engine's own words.</summary>
internal static partial class EngineFailure
{
    private static readonly Dictionary<int, string> LimitNames = new()
    {
        [4] = "core",
        [6] = "nproc",
        [7] = "openFiles",
        [8] = "memlock",
        [9] = "as",
        [13] = "nice",
        [14] = "rtprio",
    };

    /// <summary>The failure that an exception of a request stands for.</summary>
    public static HpcException Of(Exception exception, string node) => exception switch
    {
        HpcException known => known,
        DockerApiException refused => OfAnswer(refused.StatusCode, MessageOf(refused.ResponseBody), node, refused),
        _ when InnerOf(exception) is { } inner => inner,
        _ when LateOf(exception) is { } late => new HpcException(
            ErrorId.EngineTimeout, $"The engine on {node} is slow, or hangs: {late.Message}", node, innerException: exception),
        _ => Silent(node, DeepestOf(exception).Message, exception),
    };

    /// <summary>The failure that an answer stands for.</summary>
    /// <param name="status">The answer's status.</param>
    /// <param name="message">The engine's words.</param>
    /// <param name="cause">The exception behind it.</param>
    public static HpcException OfAnswer(HttpStatusCode status, string message, string node, Exception? cause = null)
    {
        var text = $"The engine on {node}: {Quote.Words(message)}";
        return RlimitRefused().Match(message) is { Success: true } refused
            ? OfLimit(LimitOf(refused), text, node, cause)
            : new HpcException(IdOf(status, message), text, node, innerException: cause);
    }

    /// <summary>The failure that ended a pull, from the message stream or from the answer.</summary>
    /// <param name="reference">What was pulled.</param>
    /// <param name="message">The engine's words.</param>
    /// <param name="cause">The exception behind it.</param>
    public static HpcException OfPull(string reference, string message, string node, Exception? cause = null) => new(
        DiskFull().IsMatch(message) ? ErrorId.DiskFull : ImageMissing().IsMatch(message) ? ErrorId.ImageNotFound : ErrorId.ImagePullFailed,
        $"The engine on {node} cannot pull {reference}: {Quote.Words(message)}",
        node,
        innerException: cause);

    /// <summary>The failure that ended an import.</summary>
    /// <param name="reference">The name that the image was to have.</param>
    /// <param name="message">The engine's words.</param>
    public static HpcException OfImport(string reference, string message, string node) => new(
        DiskFull().IsMatch(message) ? ErrorId.DiskFull : NoTar().IsMatch(message) ? ErrorId.ImageSourceInvalid : ErrorId.ImageImportFailed,
        $"The engine on {node} does not import {reference}: {Quote.Words(message)}",
        node);

    /// <summary>The failure that ended a push, from the message stream or from the answer.</summary>
    /// <param name="reference">What was pushed.</param>
    /// <param name="message">The engine's words.</param>
    public static HpcException OfPush(string reference, string message, string node) => new(
        Unreachable().IsMatch(message) ? ErrorId.RegistryUnreachable
        : NotHeld().IsMatch(message) ? ErrorId.ImageNotFound
        : ErrorId.ImagePushFailed,
        $"The engine on {node} cannot push {reference}: {Quote.Words(message)}",
        node,
        message.Contains("could not verify layer data", StringComparison.Ordinal)
            ? "Import the image again from its tree, or from a tar that was written without --sparse: "
                + "an engine cannot write a layer with holes again."
            : null);

    /// <summary>An engine that could not be reached through its node's docker client.</summary>
    /// <param name="exitCode">The client's exit code.</param>
    /// <param name="error">What it wrote to standard error.</param>
    public static HpcException Unavailable(string node, int exitCode, string error)
    {
        if (exitCode == 127)
        {
            return new HpcException(
                ErrorId.EngineUnavailable,
                $"Node {node} has no docker client in its PATH; 'docker system dial-stdio' carries the engine's API over ssh: "
                + Quote.Words(error),
                node,
                "Install the docker client on the node.")
            {
                MayBeSetting = true,
            };
        }

        return SocketFailure.In(node, error) ?? Silent(node, error.Length > 0 ? error : $"docker system dial-stdio ended with {exitCode}");
    }

    /// <summary>The engine's words in an answer's body.</summary>
    public static string MessageOf(string? body)
    {
        if (string.IsNullOrWhiteSpace(body))
        {
            return "no reason given";
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("message").GetString() ?? body;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // It is no engine that answers with a page.
            return body.Trim() is { Length: <= Quote.ValueLength } words ? words : Quote.Of(body.Trim());
        }
    }

    /// <summary>The engine's words in an answer that is no success; null when it is one.</summary>
    public static async Task<string?> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        answer.IsSuccessStatusCode ? null : MessageOf(await answer.Content.ReadAsStringAsync(cancellationToken));

    /// <summary>A limit's key in the site definition, where it has one; else its name.</summary>
    private static string LimitOf(Match refused) => refused.Groups["number"] is { Success: true } number
        ? LimitNames.GetValueOrDefault(int.Parse(number.ValueSpan, CultureInfo.InvariantCulture), $"number {number.Value}")
        : refused.Groups["name"].Value switch
        {
            "NOFILE" => "openFiles",
            var name => name.ToLowerInvariant(),
        };

    private static HpcException OfLimit(string name, string text, string node, Exception? cause) => new(
        ErrorId.LimitRefused,
        $"Node {node} refuses the limit {name} that was asked for: the engine's own is lower and it may not raise it. {text}",
        node,
        name is "memlock" or "openFiles"
            ? $"Leave the node's own limit: '{name}: host' under limits in the site definition; or raise the engine's on the node."
            : "It is one of the engine's default-ulimits: lower it in the engine's configuration, or raise the engine's own on the node.",
        cause);

    private static ErrorId IdOf(HttpStatusCode status, string message) => message switch
    {
        _ when SourceMissing().IsMatch(message) => ErrorId.MountSourceMissing,
        _ when DeviceMissing().IsMatch(message) => ErrorId.DeviceMissing,
        _ when LimitOutOfRange().IsMatch(message) => ErrorId.LimitRefused,
        _ when PortTaken().IsMatch(message) => ErrorId.PortInUse,
        _ when message.Contains("No such image", StringComparison.OrdinalIgnoreCase) => ErrorId.ImageNotFound,
        _ when ContainerMissing().IsMatch(message) => ErrorId.ContainerNotFound,
        _ when NotRunning().IsMatch(message) => ErrorId.ContainerNotReady,
        _ when NodeDiskFull().IsMatch(message) => ErrorId.DiskFull,
        _ when status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict => ErrorId.PlanConflict,
        _ => ErrorId.NodeCommandFailed,
    };

    private static HpcException Silent(string node, string reason, Exception? cause = null) =>
        new(ErrorId.EngineUnavailable, $"The engine on {node} does not answer: {Quote.Words(reason)}", node, innerException: cause);

    private static HpcException? InnerOf(Exception? exception)
    {
        while (exception is not null and not HpcException)
        {
            exception = exception.InnerException;
        }

        return exception as HpcException;
    }

    /// <summary>The platform's client says of its own time-out that it was cancelled, with the time-out inside.</summary>
    private static TimeoutException? LateOf(Exception? exception)
    {
        while (exception is not null and not TimeoutException)
        {
            exception = exception.InnerException;
        }

        return exception as TimeoutException;
    }

    private static Exception DeepestOf(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    // runc names a limit by its number, crun by its name.
    [GeneratedRegex(
        "error setting rlimit type (?<number>[0-9]+): operation not permitted|setrlimit `RLIMIT_(?<name>[A-Z]+)`: Operation not permitted")]
    private static partial Regex RlimitRefused();

    [GeneratedRegex("bind source path does not exist|bind mount source path does not exist")]
    private static partial Regex SourceMissing();

    [GeneratedRegex("gathering device information.*(no such file or directory|not a device node)")]
    private static partial Regex DeviceMissing();

    [GeneratedRegex("(?i)range of CPUs is from|requested CPUs are not available|minimum memory limit allowed")]
    private static partial Regex LimitOutOfRange();

    [GeneratedRegex("(?i)no such container|no such exec instance")]
    private static partial Regex ContainerMissing();

    [GeneratedRegex("(?i)^container [^ ]+ is (not running|paused|restarting)")]
    private static partial Regex NotRunning();

    [GeneratedRegex("address already in use|port is already allocated")]
    private static partial Regex PortTaken();

    [GeneratedRegex("no space left on device|disk quota exceeded")]
    private static partial Regex DiskFull();

    /// <summary>A quota is its user's, and of a control group the same words mean that it lacks a CPU set (cpusets(7), ENOSPC).</summary>
    [GeneratedRegex("^(?!.*(cgroup|cpuset)).*no space left on device", RegexOptions.Singleline)]
    private static partial Regex NodeDiskFull();

    [GeneratedRegex("archive/tar: |unhandled tar header|invalid tar header|unexpected EOF")]
    private static partial Regex NoTar();

    [GeneratedRegex(
        "dial tcp|no such host|connection refused|i/o timeout|no route to host|TLS handshake|HTTP response to HTTPS client|x509:")]
    private static partial Regex Unreachable();

    [GeneratedRegex("(?i)does not exist locally|no such image")]
    private static partial Regex NotHeld();

    [GeneratedRegex("(?i)manifest unknown|manifest for .* not found|: not found|repository does not exist|name unknown|no such image")]
    private static partial Regex ImageMissing();
}
