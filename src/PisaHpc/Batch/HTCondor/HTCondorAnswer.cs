using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// What list-jobs.sh brought of a scheduler. Whatever is not certain is no answer: a job that is missing in half of a list would seem to be
/// gone.
/// </summary>
internal static partial class HTCondorAnswer
{
    /// <summary>A user may nest what he writes into an attribute as he likes.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = int.MaxValue };

    /// <summary>The jobs that a scheduler told.</summary>
    /// <param name="number">Its place among those that were asked, from 1 on.</param>
    /// <param name="scheduler">Its name.</param>
    /// <param name="host">Where it was asked.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/>: it did not answer, or said a part alone.</exception>
    public static IReadOnlyList<HTCondorJobRow> RowsOf(ScriptReply said, int number, string scheduler, string host)
    {
        if (said["missing"] is { } program)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"HTCondor cannot be asked on {host}: it has no {program}.",
                host,
                "Name a host that has HTCondor's programs: -SubmitHost, or batch.host in the site definition.")
            { IsLasting = true };
        }

        var words = WordsOf(said, number);
        if (said[$"code.{number}"] is not "0" || (words is not null && FailureForm().IsMatch(words)))
        {
            throw NoAnswer(scheduler, host, words ?? $"its program ended with {said[$"code.{number}"]}, and said nothing");
        }

        // An older condor_q has no empty list.
        var text = Decoded(said[$"json.{number}"]);
        return text.Length == 0 ? [] : RowsIn(text, scheduler, host);
    }

    /// <summary>What was said beside an answer; null for nothing.</summary>
    public static string? WordsOf(ScriptReply said, int number) =>
        Decoded(said[$"words.{number}"]) is { Length: > 0 } words ? words : null;

    private static IReadOnlyList<HTCondorJobRow> RowsIn(string text, string scheduler, string host)
    {
        try
        {
            using var list = JsonDocument.Parse(text, Deep);
            return [.. list.RootElement.EnumerateArray().Where(IsNoSum).Select(one => RowOf(one, scheduler, host))];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw NoAnswer(scheduler, host, $"its list is not whole: {failure.Message}");
        }
    }

    /// <summary>Newer programs end a list with what it comes to. A job's MyType, which its user cannot change, is Job.</summary>
    private static bool IsNoSum(JsonElement one) =>
        !(one.TryGetProperty("MyType", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "Summary");

    private static HTCondorJobRow RowOf(JsonElement one, string scheduler, string host) =>
        one.TryGetProperty("ClusterId", out var cluster) && cluster.TryGetInt32(out var numberOfCluster)
        && one.TryGetProperty("ProcId", out var process) && process.TryGetInt32(out var numberOfProcess)
            ? new HTCondorJobRow(HTCondorJobId.Of(numberOfCluster, numberOfProcess, scheduler), one.Clone())
            : throw NoAnswer(scheduler, host, $"its list has something that is no job: {Quote.Words(one.GetRawText())}");

    private static string Decoded(string? encoded) =>
        encoded is null ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(encoded)).Trim();

    private static HpcException NoAnswer(string scheduler, string host, string words) => new(
        ErrorId.BatchSystemFailed,
        $"HTCondor's scheduler {Quote.Name(scheduler)} did not answer on {host}: {Quote.Words(words)}",
        host,
        $"Look at it there: condor_q -name {Quote.Name(scheduler)} -totals, condor_status -schedd. One that is no more: take it out of "
        + "batch.schedulers in the site definition.");

    /// <summary>condor_q ends with 0 where one of two schedulers of a name did not answer (queue.cpp).</summary>
    [GeneratedRegex(@"\b(error|fail(ed|ure)?|can(no|')t|unable|timed out)\b|^-- ", RegexOptions.CultureInvariant
        | RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex FailureForm();
}
