// Removing the module closes the connections of the whole process, which every other class uses.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
