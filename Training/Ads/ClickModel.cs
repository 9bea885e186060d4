namespace OrleansInference.Training.Ads;

/// <summary>
/// The known click model of the semi-synthetic log: logit P(click) = −1.1 + 1.2·appeal(picture's category) +
/// 0.9·interest(topic, segment) + 0.7·[they match] + 0.5·sin(2π·hour ÷ 24) + device − 0.4·price. A title's topic is the
/// picture's category half of the time, any else.
/// </summary>
internal static class ClickModel
{
    /// <summary>Segments of users.</summary>
    public const int Segments = 6;

    /// <summary>Kinds of devices.</summary>
    public const int Devices = 3;

    private const double Match = 0.5;
    private const int Seed = 20_240_101;

    private static readonly double[] Appeal = [-1.6, -1.1, -0.6, -0.2, 0.2, 0.6, 1.1, 1.6];
    private static readonly double[] DeviceEffect = [0, 0.25, -0.25];
    private static readonly double[,] Interest = Interests();

    /// <summary>Writes a log, in the order of time.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="count">Impressions.</param>
    /// <param name="seed">Seed of everything random.</param>
    public static Impression[] Write(Picture[] pictures, int count, int seed)
    {
        Random random = new(seed);
        Impression[] log = new Impression[count];
        for (int i = 0; i < count; i++)
        {
            int picture = random.Next(pictures.Length);
            int category = pictures[picture].Category;
            int topic = random.NextDouble() < Match ? category : random.Next(Picture.Categories);
            int hour = (int)(24L * i * 30 / count) % 24;
            int device = random.Next(Devices);
            int segment = random.Next(Segments);
            float price = (float)Normal(random);
            double probability = P(category, topic, hour, device, segment, price);
            double withoutPicture = 0;
            double withoutText = 0;
            for (int other = 0; other < Picture.Categories; other++)
            {
                // By symmetry P(category | topic) = P(topic | category).
                withoutPicture += Weight(other, topic) * P(other, topic, hour, device, segment, price);
                withoutText += Weight(category, other) * P(category, other, hour, device, segment, price);
            }

            log[i] = new Impression
            {
                Picture = picture,
                Title = AdTitles.Write(topic, random),
                Hour = hour,
                Device = device,
                Segment = segment,
                Price = price,
                Clicked = random.NextDouble() < probability,
                Probability = probability,
                WithoutPicture = withoutPicture,
                WithoutText = withoutText,
            };
        }

        return log;
    }

    private static double Weight(int category, int topic) =>
        (category == topic ? Match : 0) + ((1 - Match) / Picture.Categories);

    private static double P(int category, int topic, int hour, int device, int segment, double price) =>
        1
        / (
            1
            + Math.Exp(
                -(
                    -1.1
                    + (1.2 * Appeal[category])
                    + (0.9 * Interest[topic, segment])
                    + (category == topic ? 0.7 : 0)
                    + (0.5 * Math.Sin(2 * Math.PI * hour / 24))
                    + DeviceEffect[device]
                    - (0.4 * price)
                )
            )
        );

    private static double[,] Interests()
    {
        Random random = new(Seed);
        double[,] interests = new double[Picture.Categories, Segments];
        for (int topic = 0; topic < Picture.Categories; topic++)
        {
            for (int segment = 0; segment < Segments; segment++)
            {
                interests[topic, segment] = Normal(random);
            }
        }
        return interests;
    }

    /// <summary>A standard normal number (Box and Muller). 1 less the draw, because the draw may be 0.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
