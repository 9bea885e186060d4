using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace OrleansInference.Dashboard;

/// <summary>The dashboard's files, from this assembly.</summary>
internal sealed class DashboardFiles
{
    private const string Root = "wwwroot/";

    private readonly Dictionary<string, DashboardFile> _files = [];

    /// <summary>Reads them all.</summary>
    public DashboardFiles()
    {
        Assembly assembly = typeof(DashboardFiles).Assembly;
        foreach (
            string name in assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(Root, StringComparison.Ordinal))
        )
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] contents = new byte[stream.Length];
            stream.ReadExactly(contents);
            byte[] compressed = Compress(contents);
            _files[name[Root.Length..].Replace('\\', '/')] = new DashboardFile(
                ContentType(name),
                contents,
                compressed.Length < contents.Length ? compressed : null,
                $"\"{Convert.ToHexStringLower(SHA256.HashData(contents))[..16]}\""
            );
        }
    }

    /// <summary>Sends a file.</summary>
    /// <returns>False where there is none of that name.</returns>
    public async Task<bool> TrySendAsync(HttpContext context, string path)
    {
        if (!_files.TryGetValue(path, out DashboardFile? file))
        {
            return false;
        }
        HttpResponse response = context.Response;
        response.Headers.ETag = file.ETag;
        // Asked for again each time, answered without a body: an upgraded silo shows its own pages at once.
        response.Headers.CacheControl = "no-cache";
        response.Headers.Vary = "Accept-Encoding";
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(file.ETag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        bool brotli =
            file.Compressed is not null
            && context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        byte[] body = brotli ? file.Compressed! : file.Contents;
        if (brotli)
        {
            response.Headers.ContentEncoding = "br";
        }
        response.ContentType = file.ContentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
        return true;
    }

    private static byte[] Compress(byte[] contents)
    {
        using MemoryStream result = new();
        using (BrotliStream brotli = new(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(contents);
        }
        return result.ToArray();
    }

    private static string ContentType(string name) =>
        Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
}
