namespace OrleansInference.Training.Ads;

/// <summary>A row of the click log: an advertisement that was shown to somebody.</summary>
/// <param name="Picture">Index of its picture.</param>
/// <param name="Title">Its title.</param>
/// <param name="Hour">Hour of the day, 0–23.</param>
/// <param name="Device">0 desktop, 1 phone, 2 tablet.</param>
/// <param name="Segment">Segment of the user, 0–5.</param>
/// <param name="Price">Price, standardised.</param>
/// <param name="Clicked">Whether it was clicked.</param>
/// <param name="Probability">The click model's probability.</param>
/// <param name="WithoutPicture">What is known of that without the picture.</param>
/// <param name="WithoutText">What is known of it without the title.</param>
internal readonly record struct Impression(int Picture, string Title, int Hour, int Device, int Segment, float Price, bool Clicked, double Probability, double WithoutPicture, double WithoutText);
