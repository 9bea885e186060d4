using Microsoft.ML.OnnxRuntime;
using OrleansInference.Training.Ads;

namespace OrleansInference.Training.Tests.Ads;

/// <summary>Runs the exported ad model on rows of a log.</summary>
internal static class AdModelRun
{
    public static float[] Run(InferenceSession session, Picture[] pictures, IReadOnlyCollection<Impression> rows)
    {
        byte[] image = [.. rows.SelectMany(row => pictures[row.Picture].Pixels)];
        long[] text = [.. rows.SelectMany(row => AdTitles.Ids(row.Title))];
        long[] context = [.. rows.SelectMany(row => new long[] { row.Hour, row.Device, row.Segment })];
        float[] price = [.. rows.Select(row => row.Price)];
        using OrtValue images = OrtValue.CreateTensorValueFromMemory(
                image,
                [rows.Count, Picture.Size, Picture.Size, 3]
            ),
            texts = OrtValue.CreateTensorValueFromMemory(text, [rows.Count, AdTitles.Length]),
            contexts = OrtValue.CreateTensorValueFromMemory(context, [rows.Count, 3]),
            prices = OrtValue.CreateTensorValueFromMemory(price, [rows.Count, 1]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(
            options,
            ["image", "text", "context", "price"],
            [images, texts, contexts, prices],
            ["click_probability"]
        );
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
