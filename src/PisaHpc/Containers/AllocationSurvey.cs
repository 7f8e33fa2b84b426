using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>What a plan has to know of an allocation's nodes; those that did not answer are not in it.</summary>
/// <param name="Facts">What each node has.</param>
/// <param name="Images">What each node holds under the name of the environment's image; null where it holds nothing.</param>
public sealed record AllocationSurvey(IReadOnlyDictionary<string, NodeFacts> Facts, IReadOnlyDictionary<string, StoredImage?> Images);
