using System.Globalization;
using System.Text.Json;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using Spectre.Console;
using Spectre.Console.Cli;
using TorchSharp;

namespace OrleansInference.Training.Ads;

/// <summary>
/// <c>ads</c>: generates the click log, trains the ad model, compares it with what is reachable, and exports it.
/// </summary>
internal sealed class AdsCommand(IAnsiConsole console) : Command<AdsSettings>
{
    private const int DrawnCount = 8000;
    private const int DocumentRows = 2000;
    private const int DocumentEpochs = 3;

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <inheritdoc />
    public override int Execute(CommandContext context, AdsSettings settings, CancellationToken cancellationToken)
    {
        if (TorchLibrary.Problem is { } problem)
        {
            console.WriteLine(problem);
            return 3;
        }

        torch.set_num_threads(settings.Threads);
        Picture[] pictures;
        try
        {
            pictures = settings.Pictures is { } path
                ? FolderPictures.Read(path)
                : DrawnPictures.Draw(DrawnCount, settings.Seed);
        }
        catch (FormatException exception)
        {
            console.WriteLine(exception.Message);
            return 2;
        }

        Impression[] log = ClickModel.Write(pictures, settings.Rows, settings.Seed);
        AdTrainer trainer = new(pictures, log);
        Reachable reachable = Reachable.Measure(log[trainer.Split.Test]);
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{pictures.Length} pictures, {log.Length} impressions, "
                    + $"{log.Count(row => row.Clicked) / (double)log.Length:P1} clicked; reachable AUC "
                    + $"{reachable.Auc:F4}, log loss {reachable.LogLoss:F4}; without the picture "
                    + $"{reachable.WithoutPicture:F4}, without the title {reachable.WithoutText:F4}"
            )
        );
        Directory.CreateDirectory(settings.Out);
        TrainingOptions options = new()
        {
            Seed = settings.Seed,
            Epochs = settings.Epochs,
            Optimiser = settings.Optimiser,
            LearningRate =
                settings.Rate > 0 ? settings.Rate
                : settings.Optimiser == "sgd" ? 0.05
                : 2e-3,
        };
        torch.random.manual_seed(settings.Seed);
        using AdNetwork network = new();
        List<(string Name, IReadOnlyList<TrainingEpoch> Epochs, double Auc, double LogLoss)> trained =
        [
            Run("ads-ctr", network, trainer, options, cancellationToken),
        ];
        if (settings.Ablate)
        {
            using AdNetwork blind = new(),
                wordless = new();
            trained.Add(
                Run("without pictures", blind, trainer, options with { WithoutPicture = true }, cancellationToken)
            );
            trained.Add(
                Run("without titles", wordless, trainer, options with { WithoutText = true }, cancellationToken)
            );
        }

        if (settings.Document)
        {
            using DocumentNetwork document = new();
            trained.Add(
                Run(
                    "the document's network",
                    document,
                    trainer,
                    options with
                    {
                        LearningRate = 1e-3,
                        MostRows = DocumentRows,
                        Epochs = DocumentEpochs,
                        BatchSize = 32,
                        WeightDecay = 0,
                    },
                    cancellationToken
                )
            );
        }

        byte[] model = AdExport.Write(
            network,
            $"Training ads --rows {settings.Rows} --epochs {settings.Epochs} --optimiser "
                + $"{settings.Optimiser} --seed {settings.Seed}{(settings.Pictures is null ? "" : " --pictures (a folder)")}"
        );
        Directory.CreateDirectory(Path.Combine(settings.Out, AdExport.Name, "1"));
        File.WriteAllBytes(Path.Combine(settings.Out, AdExport.Name, "1", "model.onnx"), model);
        Save(settings, reachable, trained);
        Show(reachable, trained);
        console.WriteLine($"the model, metrics.json and curves.svg are in {settings.Out}");
        return 0;
    }

    private (string Name, IReadOnlyList<TrainingEpoch> Epochs, double Auc, double LogLoss) Run(
        string name,
        torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> network,
        AdTrainer trainer,
        TrainingOptions options,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TrainingEpoch> epochs = console
            .Progress()
            .Start(progress =>
            {
                ProgressTask bar = progress.AddTask(name);
                return trainer.Train(
                    network,
                    options,
                    (share, epoch) =>
                    {
                        bar.Value = 100 * share;
                        if (epoch is not null)
                        {
                            console.WriteLine(
                                string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"{name}, epoch {epoch.Epoch}: loss {epoch.TrainingLoss:F4}, validation "
                                        + $"{epoch.ValidationLoss:F4}, AUC {epoch.ValidationAuc:F4}, {epoch.Seconds:F0} s"
                                )
                            );
                        }
                    },
                    cancellationToken
                );
            });
        (double auc, double logLoss) = trainer.Score(network, trainer.Split.Test, options);
        return (name, epochs, auc, logLoss);
    }

    private void Show(
        Reachable reachable,
        List<(string Name, IReadOnlyList<TrainingEpoch> Epochs, double Auc, double LogLoss)> trained
    )
    {
        Table table = new Table().AddColumns(
            "",
            "test AUC",
            "of what is reachable",
            "log loss",
            "million multiply-adds a picture"
        );
        table.AddRow("the click model itself", Number(reachable.Auc), "100 %", Number(reachable.LogLoss), "");
        foreach ((string name, _, double auc, double logLoss) in trained)
        {
            table.AddRow(
                name,
                Number(auc),
                ((auc - 0.5) / (reachable.Auc - 0.5)).ToString("P1", CultureInfo.InvariantCulture),
                Number(logLoss),
                (
                    (
                        name.StartsWith("the ", StringComparison.Ordinal)
                            ? DocumentNetwork.MultiplyAdds
                            : AdNetwork.MultiplyAdds
                    ) / 1e6
                ).ToString("F1", CultureInfo.InvariantCulture)
            );
        }
        console.Write(table);
        if (trained.Count >= 3 && trained[1].Name == "without pictures")
        {
            double pictures = trained[0].Auc - trained[1].Auc;
            double titles = trained[0].Auc - trained[2].Auc;
            double picturesAtMost = reachable.Auc - reachable.WithoutPicture;
            double titlesAtMost = reachable.Auc - reachable.WithoutText;
            console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"pictures add {pictures:F4} of {picturesAtMost:F4} possible ({pictures / picturesAtMost:P0}), "
                        + $"titles {titles:F4} of {titlesAtMost:F4} ({titles / titlesAtMost:P0})"
                )
            );
        }
    }

    private static void Save(
        AdsSettings settings,
        Reachable reachable,
        List<(string Name, IReadOnlyList<TrainingEpoch> Epochs, double Auc, double LogLoss)> trained
    )
    {
        File.WriteAllText(
            Path.Combine(settings.Out, "metrics.json"),
            JsonSerializer.Serialize(
                new
                {
                    settings.Seed,
                    settings.Rows,
                    reachable,
                    trained = trained.Select(each => new
                    {
                        each.Name,
                        each.Auc,
                        each.LogLoss,
                        each.Epochs,
                    }),
                },
                Indented
            )
        );
        PlotModel plot = new() { Title = "Validation AUC", Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "epoch" });
        plot.Axes.Add(
            new LinearAxis
            {
                Position = AxisPosition.Left,
                Title = "AUC",
                Minimum = 0.5,
            }
        );
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomRight });
        foreach ((string name, IReadOnlyList<TrainingEpoch> epochs, _, _) in trained)
        {
            LineSeries line = new() { Title = name, MarkerType = MarkerType.Circle };
            foreach (TrainingEpoch epoch in epochs)
            {
                line.Points.Add(new DataPoint(epoch.Epoch, epoch.ValidationAuc));
            }
            plot.Series.Add(line);
        }

        LineSeries bound = new()
        {
            Title = "reachable",
            LineStyle = LineStyle.Dash,
            Color = OxyColors.Gray,
        };
        bound.Points.Add(new DataPoint(1, reachable.Auc));
        bound.Points.Add(new DataPoint(settings.Epochs, reachable.Auc));
        plot.Series.Add(bound);
        File.WriteAllText(
            Path.Combine(settings.Out, "curves.svg"),
            new SvgExporter { Width = 900, Height = 420 }.ExportToString(plot)
        );
    }

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    /// <summary>
    /// AUC and log loss of the click model itself on rows, and without one of the inputs: an upper bound for any model.
    /// </summary>
    private sealed record Reachable(double Auc, double LogLoss, double WithoutPicture, double WithoutText)
    {
        public static Reachable Measure(Impression[] rows)
        {
            bool[] clicked = [.. rows.Select(row => row.Clicked)];
            return new Reachable(
                ClickMetrics.Auc([.. rows.Select(row => row.Probability)], clicked),
                ClickMetrics.LogLoss([.. rows.Select(row => row.Probability)], clicked),
                ClickMetrics.Auc([.. rows.Select(row => row.WithoutPicture)], clicked),
                ClickMetrics.Auc([.. rows.Select(row => row.WithoutText)], clicked)
            );
        }
    }
}
