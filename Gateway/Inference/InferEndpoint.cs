using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary><c>POST /v2/models/{model}[/versions/{version}]/infer</c>.</summary>
internal sealed class InferEndpoint(
    IAdmissionGate gate,
    InferenceHandler handler,
    ProtocolForm protocol,
    BytesInFlight bytesInFlight,
    UnexpectedFailure unexpected,
    IOptions<GatewayOptions> options
)
{
    private readonly int _limit = options.Value.MaxRequestBodyBytes;

    /// <summary>Serves one request (step 1).</summary>
    public Task HandleAsync(HttpContext context) => HandleAsync(context, protocol);

    /// <summary>Serves one request in another form.</summary>
    public async Task HandleAsync(HttpContext context, IInferForm inferForm)
    {
        long held = 0;
        AdmissionTicket? ticket = null;
        CancellationToken aborted = context.RequestAborted;
        try
        {
            LiftServerLimit(context);
            BodyForm form = InferHeaders.ReadBodyForm(context.Request);
            (string model, string version) = ModelRoute.Read(context.Request.RouteValues);
            TimeSpan timeout = InferHeaders.ReadTimeout(context.Request);
            Caller caller = CallerFeature.Get(context);
            AdmissionOutcome admission = gate.TryEnter(caller.ForAdmission(model, version, timeout));
            if (admission.Ticket is null)
            {
                held = await BreakSequenceAsync(context.Request, form, model, version, admission.Message);
                await ErrorResponse.RefuseAsync(context, admission);
                return;
            }

            ticket = admission.Ticket;
            ParsedInferRequest parsed;
            // A client that is gone ends the reading by itself; what has arrived whole is read even so, for its
            // sequence must be told.
            CancellationToken never = CancellationToken.None;
            using (RequestBody body = await RequestBody.ReadAsync(context.Request, form, _limit, bytesInFlight, never))
            {
                held = body.Reserved;
                parsed = Parse(body, form, inferForm, model, version);
            }

            if (timeout > TimeSpan.Zero)
            {
                parsed.Parameters.LimitTimeout(timeout);
            }
            // A connection of HTTP/1.1 has no other request to read until this one is answered.
            bool hasOneRequest = HttpProtocol.IsHttp11(context.Request.Protocol);
            InferenceCall request = parsed.ToRequest(model, version, caller, hasOneRequest);
            using InferenceAnswer response = await handler.InferAsync(
                request,
                ticket,
                caller,
                "HTTP",
                parsed.Named,
                aborted
            );
            if (response.Error == InferenceError.None)
            {
                await inferForm.WriteAsync(context, parsed, response);
            }
            else
            {
                await ErrorResponse.WriteAsync(context, response.Error, response.ErrorMessage);
            }
        }
        catch (InferenceException exception)
        {
            await ErrorResponse.WriteAsync(context, exception.Error, exception.Message);
        }
        catch (Exception exception)
            when (aborted.IsCancellationRequested || exception is ConnectionResetException or ConnectionAbortedException
            )
        {
            // The client is gone: there is nobody to answer.
        }
        catch (Exception exception)
        {
            await ErrorResponse.WriteAsync(context, InferenceError.Internal, unexpected.Report("infer", exception));
        }
        finally
        {
            ticket?.Dispose();
            if (held > 0)
            {
                bytesInFlight.Remove(held);
            }
        }
    }

    private ParsedInferRequest Parse(
        in RequestBody body,
        BodyForm form,
        IInferForm inferForm,
        string model,
        string version
    )
    {
        try
        {
            return inferForm.Read(body, form, model, version);
        }
        // A raw binary request has no parameters, and so no sequence.
        catch (InferenceException exception) when (!form.IsRawBinary)
        {
            handler.FindSequences(model, version)?.Break(SequenceOfRequest.Find(body.Json), exception.Message);
            throw;
        }
    }

    /// <summary>
    /// Ends the sequence of a request refused by its headers: only its body names the sequence. Returns the bytes
    /// counted as in flight.
    /// </summary>
    private async ValueTask<long> BreakSequenceAsync(
        HttpRequest request,
        BodyForm form,
        string model,
        string version,
        string reason
    )
    {
        // A raw binary request has no parameters, and so no sequence.
        if (form.IsRawBinary || handler.FindSequences(model, version) is not { } sequences)
        {
            return 0;
        }
        using RequestBody body = await RequestBody.ReadAsync(
            request,
            form,
            _limit,
            bytesInFlight,
            CancellationToken.None
        );
        sequences.Break(SequenceOfRequest.Find(body.Json), reason);
        return body.Reserved;
    }

    /// <summary>
    /// Lifts the server's own limit, because the gateway counts a body itself. The server would count the framing of
    /// chunks too. It would also reset the connection before a client that sends too much has read why.
    /// </summary>
    private void LiftServerLimit(HttpContext context)
    {
        if (context.Request.ContentLength <= _limit)
        {
            return;
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null;
        }
    }
}
