using System.Diagnostics;
using System.Globalization;
using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Makes an activity of each request that goes to the engine, one that is sent again included. It has the method, the path without names,
/// and the status of the answer (OpenTelemetry, semantic conventions, "HTTP client"); it ends when the answer begins.
/// </summary>
internal sealed class TracedRequests(string node, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>What stands behind a collection, or behind a name in it, and is no name (Docker Engine API).</summary>
    private static readonly HashSet<string> Actions =
    [
        "json", "create", "prune", "search", "load", "push", "tag", "get", "history", "start", "stop", "kill", "restart", "rename",
        "pause", "unpause", "update", "wait", "logs", "stats", "attach", "exec", "resize", "archive", "df",
    ];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        NodeRequest.EngineRequest.RunAsync(
            node,
            () => $"{request.Method} {TemplateOf(request.RequestUri!)}",
            async activity =>
            {
                activity?.SetTag(NodeRequests.MethodTag, request.Method.Method);
                activity?.SetTag(NodeRequests.TemplateTag, TemplateOf(request.RequestUri!));
                var answer = await base.SendAsync(request, cancellationToken);
                Take((int)answer.StatusCode, activity);
                return answer;
            });

    /// <summary>A request's path without the API's version, with a placeholder for a container's, an image's or a command's name.</summary>
    internal static string TemplateOf(Uri address)
    {
        string[] parts = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var kept = parts is [['v', >= '0' and <= '9', ..], ..] ? parts[1..] : parts;
        return kept switch
        {
            [] or [_] => "/" + string.Join('/', kept),
            [_, var action] when Actions.Contains(action) => "/" + string.Join('/', kept),

            // The name of an image may have slashes in it.
            [var all, _, .., var action] when Actions.Contains(action) => $"/{all}/{{name}}/{action}",
            [var all, ..] => $"/{all}/{{name}}",
        };
    }

    private static void Take(int status, Activity? activity)
    {
        activity?.SetTag(NodeRequests.StatusTag, status);
        if (status >= 400)
        {
            activity?.SetTag(Phases.ErrorTag, status.ToString(CultureInfo.InvariantCulture));
            activity?.SetStatus(ActivityStatusCode.Error);
        }
    }
}
