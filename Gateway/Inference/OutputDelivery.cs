using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// Converts outputs to the form that the request asks for: classes in place of tensors, shared memory in place of the
/// answer.
/// </summary>
internal sealed class OutputDelivery(IModelCatalog catalog, SharedMemoryRegions regions)
{
    /// <summary>Whether every output is wanted as it is, in the answer.</summary>
    public static bool IsPlain(IReadOnlyList<RequestedOutput> requested)
    {
        for (int i = 0; i < requested.Count; i++)
        {
            if (requested[i] is not { Classes: 0, Region: null })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The answer with its outputs in their form; those for shared memory have been written there (step 17).
    /// </summary>
    /// <exception cref="InferenceException">An output cannot be given in the form that was asked for; the answer is
    /// still the caller's to dispose.</exception>
    public InferenceAnswer Deliver(InferenceAnswer response, IReadOnlyList<RequestedOutput> requested)
    {
        // Nearly every request: it pays for no copy of the outputs.
        if (response.Error != InferenceError.None || IsPlain(requested))
        {
            return response;
        }
        Tensor[] outputs = [.. response.Outputs];
        foreach (RequestedOutput output in requested)
        {
            int index = Array.FindIndex(outputs, tensor => tensor.Name == output.Name);
            if (index < 0)
            {
                continue;
            }
            if (output.Classes > 0)
            {
                using Tensor whole = outputs[index];
                outputs[index] = Classification.Classify(
                    whole,
                    output.Classes,
                    catalog.GetLabels(response.ModelName, response.ModelVersion, output.Name),
                    isBatched: catalog.GetMetadata(response.ModelName, response.ModelVersion).MaxBatchSize > 0
                );
            }

            if (output.Region is { } region)
            {
                regions.Write(region, outputs[index]);
            }
        }

        return response with
        {
            Outputs = outputs,
        };
    }
}
