namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A setting of a model's replicas that a single change sets.</summary>
public enum Knob
{
    /// <summary>Runs at once; 0 for as many as the node has cores.</summary>
    Instances,

    /// <summary>Most rows of a run.</summary>
    MaxRows,

    /// <summary>Threads of a run.</summary>
    Threads,
}
