namespace OrleansInference.Training.Ads;

/// <summary>
/// Pictures drawn by numbers, so that nothing has to be downloaded: one shape a category, anywhere, in any colour and
/// size, with noise.
/// </summary>
internal static class DrawnPictures
{
    private const double Noise = 20;

    /// <summary>Draws pictures, all categories alike.</summary>
    public static Picture[] Draw(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i => Draw(i % Picture.Categories, random))];
    }

    private static Picture Draw(int category, Random random)
    {
        byte[] pixels = new byte[Picture.Size * Picture.Size * 3];
        double[] ground = Colour(random);
        double[] ink = Colour(random);
        // Ink that can be told from the ground.
        while (Math.Abs(Brightness(ground) - Brightness(ink)) < 60)
        {
            ink = Colour(random);
        }
        double size = 7 + (random.NextDouble() * 6);
        double x0 = 16 + ((random.NextDouble() - 0.5) * 8);
        double y0 = 16 + ((random.NextDouble() - 0.5) * 8);
        double phase = random.NextDouble() * 8;
        for (int y = 0; y < Picture.Size; y++)
        {
            for (int x = 0; x < Picture.Size; x++)
            {
                double[] colour = IsInk(category, x - x0, y - y0, size, phase) ? ink : ground;
                for (int c = 0; c < 3; c++)
                {
                    pixels[(((y * Picture.Size) + x) * 3) + c] = (byte)
                        Math.Clamp(colour[c] + ((random.NextDouble() - 0.5) * 2 * Noise), 0, 255);
                }
            }
        }

        return new Picture(pixels, category);
    }

    private static bool IsInk(int category, double x, double y, double size, double phase) =>
        category switch
        {
            0 => (x * x) + (y * y) < size * size,
            1 => Math.Max(Math.Abs(x), Math.Abs(y)) < size * 0.9,
            2 => y > -size && y < size && Math.Abs(x) < (y + size) / 2,
            3 => Math.Min(Math.Abs(x), Math.Abs(y)) < size / 3 && Math.Max(Math.Abs(x), Math.Abs(y)) < size * 1.2,
            4 => Math.Abs(Math.Sqrt((x * x) + (y * y)) - size) < 2,
            5 => ((x + phase + 64) % 8) < 4,
            6 => ((y + phase + 64) % 8) < 4,
            _ => (((x + phase + 64) % 10) < 5) ^ (((y + phase + 64) % 10) < 5),
        };

    private static double[] Colour(Random random) => [random.Next(30, 226), random.Next(30, 226), random.Next(30, 226)];

    private static double Brightness(double[] colour) => (0.3 * colour[0]) + (0.59 * colour[1]) + (0.11 * colour[2]);
}
