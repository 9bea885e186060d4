using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Headers by which a browser neither guesses what an answer is, nor frames it, nor shares it.</summary>
internal static class SecureHeaders
{
    /// <summary>Adds them to an answer.</summary>
    public static void Add(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
