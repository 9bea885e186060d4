using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.SharedMemory;

/// <summary>
/// Answers the protocol's calls for CUDA shared memory. This server has none: it can be queried and unregistered, not
/// registered.
/// </summary>
internal static class CudaSharedMemory
{
    /// <summary>Refuses a registration with its reason.</summary>
    public static InferenceException Refusal(string name, long handleBytes, long byteSize) =>
        handleBytes == 0 || byteSize <= 0
            ? new(
                InferenceError.InvalidArgument,
                $"failed to register shared memory region '{name}': invalid args: an IPC handle and a "
                    + $"size over 0 are needed"
            )
            : new(
                InferenceError.Unsupported,
                $"failed to register shared memory region '{name}': CUDA shared memory is not served "
                    + $"here; use system shared memory, or send tensors in the request"
            );
}
