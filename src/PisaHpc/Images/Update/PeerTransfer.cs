using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Images.Update;

/// <summary>
/// Gives images from node to node: save | ssh | load, started on the giver, so that the bytes go from one to the other
/// and not by the caller. What arrives has no registry's digest: the pull by digest that follows asks the registry for the manifest alone,
/// since the engine finds the image that the manifest names, and so it is checked and known by its digest as if it had come from there.
/// </summary>
/// <param name="access">How nodes are reached; they reach each other as the same user, by means of their own.</param>
/// <param name="supply">Who gives to whom.</param>
public sealed class PeerTransfer(Cluster cluster, NodeAccess access, PeerScheduler supply)
{
    private static readonly NodeScript Script = NodeScript.Of("Images/Update/give-image.sh");

    /// <summary>Gets an image for a node: from another node when one can give it, and by the pull in any case.</summary>
    /// <param name="step">The node and the image.</param>
    /// <param name="pull">
    /// The pull by digest, and the look at what came of it: a node gives on what was found there, and nothing else.
    /// </param>
    /// <returns>The node that gave it; null when it came from the registry.</returns>
    public async Task<string?> FetchAsync(ImageUpdateStep step, Func<Task> pull, CancellationToken cancellationToken)
    {
        var giver = await Phase.WaitForGiver.RunAsync(() => supply.TakeAsync(step.Digest, cancellationToken).AsTask(), step.Node);
        var came = false;
        try
        {
            var given = giver is not null && await TryGiveAsync(giver, step, cancellationToken);
            await (given ? Phase.PullManifest : Phase.PullImage).RunAsync(pull, step.Node);
            came = true;
            return given ? giver : null;
        }
        finally
        {
            if (came)
            {
                supply.Offer(step.Digest, step.Node);
            }
            else if (giver is null)
            {
                supply.PassOn(step.Digest);
            }
        }
    }

    /// <summary>
    /// A gift that fails costs its time and no more: its phase says why, and the pull that follows gets the image from the registry.
    /// </summary>
    private async Task<bool> TryGiveAsync(string giver, ImageUpdateStep step, CancellationToken cancellationToken)
    {
        try
        {
            await Phase.ReceiveImage.RunAsync(() => GiveAsync(giver, step, cancellationToken), step.Node, detail: $"from {giver}");
            supply.Count(succeeded: true);
            return true;
        }
        catch (HpcException)
        {
            supply.Count(succeeded: false);
            return false;
        }
        finally
        {
            supply.Offer(step.Digest, giver);
        }
    }

    private async Task GiveAsync(string giver, ImageUpdateStep step, CancellationToken cancellationToken)
    {
        var engine = await cluster.Engines.ConnectAsync(giver, cancellationToken);
        var held = (await engine.Images.ListAsync(cancellationToken)).FirstOrDefault(image => image.Has(step.Digest))
            ?? throw new HpcException(ErrorId.ImageNotFound, $"{giver} does not hold {step.Image.Name} any more.", giver);
        var connection = await cluster.Nodes.ConnectAsync(giver, cancellationToken);
        var load = LoginShellLine.Of("exec " + ShellQuoting.Join(access.EngineAdministration.LoadCommand(access.EngineSocket)));
        var save = access.EngineAdministration.SaveCommand(access.EngineSocket, held.Id);
        var port = access.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var result = await connection.RunAsync(
            Script.Command([step.Node, load, port, access.User ?? "", access.Config ?? "", .. save]),
            default,
            cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"{giver} could not give {step.Image.Name} to {step.Node} (exit code {result.ExitCode}): {Quote.Words(result.Error)}",
                giver);
        }
    }
}
