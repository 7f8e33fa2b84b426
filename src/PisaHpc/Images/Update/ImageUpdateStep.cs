using PisaHpc.Engines;

namespace PisaHpc.Images.Update;

/// <summary>One image on one node, before anything is changed.</summary>
/// <param name="Node">The node.</param>
/// <param name="Image">What is wanted.</param>
/// <param name="Digest">The registry's digest of it.</param>
/// <param name="Need">What has to be done.</param>
/// <param name="PreviousDigest">
/// The digest that the name leads to now; null when the node has no such name, or no registry knows the image.
/// </param>
public sealed record ImageUpdateStep(string Node, WantedImage Image, string Digest, ImageNeed Need, string? PreviousDigest)
{
    /// <summary>Finds out what a node needs. Pure.</summary>
    /// <param name="images">What it holds.</param>
    /// <param name="wanted">What is wanted.</param>
    /// <param name="digest">The registry's digest of it.</param>
    public static ImageUpdateStep For(string node, IReadOnlyList<StoredImage> images, WantedImage wanted, string digest)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var named = wanted.NamedIn(images);
        var need = named?.Has(digest) == true ? ImageNeed.None : images.Any(image => image.Has(digest)) ? ImageNeed.Tag : ImageNeed.Pull;
        return new(node, wanted, digest, need, need == ImageNeed.None ? digest : named?.DigestIn(wanted.Reference.Name));
    }

    /// <summary>The result that this step would have, or has had.</summary>
    /// <param name="state">How it ended.</param>
    public HpcImageUpdate Result(ImageUpdateState state) => new()
    {
        Node = Node,
        Name = Image.Name,
        State = state.ToString(),
        Changed = state is ImageUpdateState.Updated or ImageUpdateState.Pending,
        Digest = Digest,
        PreviousDigest = PreviousDigest,
    };

    /// <summary>What would be done, for <c>-WhatIf</c>.</summary>
    public string Action => Need == ImageNeed.Tag ? $"Name the image {Digest}, which the node holds" : $"Pull {Digest}";
}

/// <summary>What a node needs so that a name leads to the wanted image there.</summary>
public enum ImageNeed
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The node holds the image under another name, or without any.</summary>
    Tag,

    /// <summary>The node does not hold it.</summary>
    Pull,
}

/// <summary>How far a node's pull has come.</summary>
/// <param name="Node">The node.</param>
/// <param name="Pull">How far.</param>
public sealed record ImagePullProgress(string Node, PullProgress Pull);
