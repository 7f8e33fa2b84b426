using System.Management.Automation;
using PisaHpc.HostLists;

namespace PisaHpc.Module.Base;

/// <summary>
/// Errors of nodes, held until all are there: those of one cause, with the same id and the same words but for the node's name, become one
/// error, of the nodes as a host list. Each node's own failure is among its <see cref="HpcException.FailedNodes"/>. What one node alone has
/// is written as it was.
/// </summary>
internal sealed class ErrorFold
{
    private readonly OrderedDictionary<Cause, List<NodeError>> _held = [];
    private readonly Queue<ErrorRecord> _folded = [];

    /// <summary>Holds an error, whose exception is an <see cref="HpcException"/>.</summary>
    public void Add(string node, ErrorRecord error)
    {
        var cause = new Cause(
            error.FullyQualifiedErrorId,
            NodeSentence.Of(error.Exception.Message, node),
            NodeSentence.Of(error.ErrorDetails?.RecommendedAction ?? "", node));
        if (_held.TryGetValue(cause, out var same))
        {
            same.Add(new NodeError(node, error));
        }
        else
        {
            _held.Add(cause, [new NodeError(node, error)]);
        }
    }

    /// <summary>Takes out the first of what is held; null when nothing is.</summary>
    public ErrorRecord? TryTake()
    {
        if (_folded.Count == 0)
        {
            foreach (var record in _held.SelectMany(same => Records(same.Key, same.Value)))
            {
                _folded.Enqueue(record);
            }

            _held.Clear();
        }

        return _folded.TryDequeue(out var first) ? first : null;
    }

    /// <summary>What a node has several times is about several things of the node, in words that do not tell them apart.</summary>
    private static IEnumerable<ErrorRecord> Records(Cause cause, List<NodeError> errors) =>
        errors.TrueForAll(error => error.Node == errors[0].Node) ? errors.Select(error => error.Record) : [Fold(cause, errors)];

    private static ErrorRecord Fold(Cause cause, List<NodeError> errors)
    {
        var first = errors[0].Record;
        var failure = (HpcException)first.Exception;
        var nodes = HostList.FoldFound(errors.Select(error => error.Node));
        var isOfOneThing = errors.TrueForAll(error => Equals(error.Record.TargetObject, first.TargetObject));
        var target = isOfOneThing ? first.TargetObject : nodes;
        var action = first.ErrorDetails?.RecommendedAction;
        var folded = new HpcException(failure.Id, cause.Message.On(nodes), target, action, failure)
        {
            FailedNodes = [.. errors.Select(error => new NodeFailure(error.Node, error.Record.Exception))],
            LeftBehind = [.. errors.SelectMany(error => ((HpcException)error.Record.Exception).LeftBehind)],
        };
        return new ErrorRecord(folded, first.FullyQualifiedErrorId, first.CategoryInfo.Category, target)
        {
            ErrorDetails = new ErrorDetails(folded.Message) { RecommendedAction = action },
        };
    }

    /// <summary>What makes errors of several nodes one.</summary>
    private readonly record struct Cause(string Id, NodeSentence Message, NodeSentence NextStep);

    private sealed record NodeError(string Node, ErrorRecord Record);
}
