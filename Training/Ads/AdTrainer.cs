using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansInference.Training.Ads;

/// <summary>
/// Trains a network on the log's first rows, uses the next for early stopping, and tests on the last: a split by time.
/// </summary>
internal sealed class AdTrainer(Picture[] pictures, Impression[] log)
{
    private const double TrainingShare = 0.7;
    private const double ValidationShare = 0.1;
    private const int ScoredAtOnce = 256;
    private const int StepsBetweenCollections = 20;

    private readonly AdBatch _batch = new(pictures, log);

    /// <summary>Rows that are trained on, stop it, and judge it.</summary>
    public (Range Training, Range Validation, Range Test) Split { get; } =
        (
            ..(int)(log.Length * TrainingShare),
            (int)(log.Length * TrainingShare)..(int)(log.Length * (TrainingShare + ValidationShare)),
            (int)(log.Length * (TrainingShare + ValidationShare))..
        );

    /// <summary>Trains, and leaves the weights of the best epoch in the network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">How.</param>
    /// <param name="report">Told the share done, and each epoch.</param>
    /// <param name="cancellationToken">Ends it early, with the best weights so far.</param>
    public IReadOnlyList<TrainingEpoch> Train(
        nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> network,
        TrainingOptions options,
        Action<double, TrainingEpoch?> report,
        CancellationToken cancellationToken
    )
    {
        random.manual_seed(options.Seed);
        using Generator generator = new((ulong)options.Seed);
        Random order = new(options.Seed);
        int[] rows = [.. Enumerable.Range(0, log.Length).Take(Split.Training)];
        int perEpoch = options.MostRows > 0 ? Math.Min(options.MostRows, rows.Length) : rows.Length;
        int steps = perEpoch / options.BatchSize;
        using optim.Optimizer optimiser =
            options.Optimiser == "sgd"
                ? optim.SGD(
                    network.parameters(),
                    options.LearningRate,
                    momentum: 0.9,
                    weight_decay: options.WeightDecay
                )
                : optim.Adam(network.parameters(), options.LearningRate, weight_decay: options.WeightDecay);
        List<TrainingEpoch> epochs = [];
        Dictionary<string, torch.Tensor> best = [];
        double bestAuc = 0;
        Stopwatch clock = Stopwatch.StartNew();
        for (int epoch = 0; epoch < options.Epochs && !cancellationToken.IsCancellationRequested; epoch++)
        {
            network.train();
            order.Shuffle(rows);
            double loss = 0;
            for (int step = 0; step < steps && !cancellationToken.IsCancellationRequested; step++)
            {
                if (step % StepsBetweenCollections == 0)
                {
                    CollectionPause.Renew();
                }
                using DisposeScope scope = NewDisposeScope();
                double progress = (epoch + ((double)step / steps)) / options.Epochs;
                foreach (optim.ILearningRateController group in optimiser.ParamGroups)
                {
                    group.LearningRate = options.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * progress));
                }
                (
                    torch.Tensor image,
                    torch.Tensor text,
                    torch.Tensor categories,
                    torch.Tensor numbers,
                    torch.Tensor clicks
                ) = HideInputs(_batch.Gather(rows.AsSpan(step * options.BatchSize, options.BatchSize)), options);
                optimiser.zero_grad();
                torch.Tensor cost = nn.functional.binary_cross_entropy_with_logits(
                    network.forward(
                        options.WithoutPicture
                            ? BlankPictures(image)
                            : Prepare(network, AdBatch.Augment(image, generator)),
                        text,
                        categories,
                        numbers
                    ),
                    clicks
                );
                cost.backward();
                optimiser.step();
                loss += cost.item<float>();
                if (step % 20 == 0)
                {
                    report(progress, null);
                }
            }

            (double auc, double logLoss) = Score(network, Split.Validation, options);
            TrainingEpoch done = new(epoch + 1, loss / Math.Max(1, steps), logLoss, auc, clock.Elapsed.TotalSeconds);
            epochs.Add(done);
            report((epoch + 1.0) / options.Epochs, done);
            if (auc > bestAuc)
            {
                bestAuc = auc;
                foreach (torch.Tensor old in best.Values)
                {
                    old.Dispose();
                }
                best = network
                    .state_dict()
                    .ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());
            }
            else if (epochs.Count - 1 - epochs.FindIndex(each => each.ValidationAuc == bestAuc) >= options.Patience)
            {
                break;
            }
        }

        CollectionPause.End();
        if (best.Count > 0)
        {
            network.load_state_dict(best);
        }
        foreach (torch.Tensor old in best.Values)
        {
            old.Dispose();
        }
        network.eval();
        return epochs;
    }

    /// <summary>AUC and log loss on some of the rows.</summary>
    public (double Auc, double LogLoss) Score(
        nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> network,
        Range range,
        TrainingOptions options
    )
    {
        int[] rows = [.. Enumerable.Range(0, log.Length).Take(range)];
        double[] probabilities = Predict(network, rows, options);
        bool[] clicked = [.. rows.Select(row => log[row].Clicked)];
        return (ClickMetrics.Auc(probabilities, clicked), ClickMetrics.LogLoss(probabilities, clicked));
    }

    /// <summary>Probabilities of rows.</summary>
    public double[] Predict(
        nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> network,
        int[] rows,
        TrainingOptions options
    )
    {
        network.eval();
        using IDisposable noGradient = no_grad();
        List<double> probabilities = [];
        int chunks = 0;
        foreach (int[] some in rows.Chunk(ScoredAtOnce))
        {
            if (chunks++ % StepsBetweenCollections == 0)
            {
                CollectionPause.Renew();
            }
            using DisposeScope scope = NewDisposeScope();
            (torch.Tensor image, torch.Tensor text, torch.Tensor categories, torch.Tensor numbers, _) = HideInputs(
                _batch.Gather(some),
                options
            );
            torch.Tensor result = network
                .forward(
                    options.WithoutPicture ? BlankPictures(image) : Prepare(network, image),
                    text,
                    categories,
                    numbers
                )
                .sigmoid();
            probabilities.AddRange(result.data<float>().Select(value => (double)value));
        }

        CollectionPause.End();
        return [.. probabilities];
    }

    private static torch.Tensor Prepare(
        nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> network,
        torch.Tensor image
    ) => network is AdNetwork ? AdBatch.StandardisePooled(image) : AdBatch.Standardise(image);

    private static torch.Tensor BlankPictures(torch.Tensor image) => zeros([image.shape[0], 3, 8, 8]);

    private static (
        torch.Tensor Image,
        torch.Tensor Text,
        torch.Tensor Categories,
        torch.Tensor Numbers,
        torch.Tensor Clicks
    ) HideInputs(
        (
            torch.Tensor Image,
            torch.Tensor Text,
            torch.Tensor Categories,
            torch.Tensor Numbers,
            torch.Tensor Clicks
        ) batch,
        TrainingOptions options
    ) => options.WithoutText ? batch with { Text = zeros_like(batch.Text) } : batch;
}
