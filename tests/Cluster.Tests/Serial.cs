// Every test here runs several processes and looks at the clock: one at a time, or they judge each other's load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
