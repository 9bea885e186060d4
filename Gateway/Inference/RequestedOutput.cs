using OrleansInference.Gateway.SharedMemory;

namespace OrleansInference.Gateway.Inference;

/// <summary>An output that a request asks for, and how.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Binary">Whether it comes back in binary, where the request says.</param>
/// <param name="Classes">How many of its highest values come back as <c>value:index:label</c>; 0 for the tensor
/// itself.</param>
/// <param name="Region">Where it is to be written in place of the answer; null for the answer.</param>
internal sealed record RequestedOutput(
    string Name,
    bool? Binary = null,
    int Classes = 0,
    SharedMemoryRange? Region = null
);
