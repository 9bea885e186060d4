using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Inference;

/// <summary>The protocol's own form: JSON, tensors in binary behind it, or one tensor alone.</summary>
internal sealed class ProtocolForm(IModelCatalog catalog, SharedMemoryRegions regions) : IInferForm
{
    /// <inheritdoc />
    public ParsedInferRequest Read(in RequestBody body, BodyForm form, string model, string version) =>
        form.IsRawBinary
            ? RawBinaryReader.Read(body, catalog.GetMetadata(model, version))
            : InferRequestReader.Read(body, regions);

    /// <inheritdoc />
    public ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceAnswer response) =>
        InferResponseWriter.WriteAsync(context, request, response);
}
