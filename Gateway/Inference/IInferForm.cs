using Microsoft.AspNetCore.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>The form in which a route takes inference requests and gives their answers.</summary>
internal interface IInferForm
{
    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body; the tensors may share its memory.</param>
    /// <param name="form">What it consists of.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version; empty for the highest.</param>
    /// <exception cref="InferenceException">It is malformed; the message says where.</exception>
    ParsedInferRequest Read(in RequestBody body, BodyForm form, string model, string version);

    /// <summary>Writes an answer that is no error.</summary>
    /// <exception cref="InferenceException">An output cannot be written in this form; nothing has been.</exception>
    ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceAnswer response);
}
