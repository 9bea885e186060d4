using OrleansInference.Engine.Repository;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class ModelRepositoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("repository").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// Names come from callers too: none may be taken for a model that is not one, or leave the repository.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../models/m")]
    [InlineData("m/1")]
    [InlineData("/")]
    [InlineData("m\0")]
    [InlineData("M")]
    [InlineData("m ")]
    [InlineData(".hidden")]
    [InlineData("file")]
    [InlineData("no\uFFFD")]
    public void Has_ANameThatIsNoModel_IsFalse(string name)
    {
        ModelRepository repository = Make();

        Assert.False(repository.Has(name));
        Assert.Null(repository.Find(name));
    }

    [Fact]
    public void Has_ANameLongerThanAnyFile_IsFalse() => Assert.False(Make().Has(new string('n', 5000)));

    [Fact]
    public void Read_TheRepository_HasWhatFindHas()
    {
        ModelRepository repository = Make();

        ModelFolder model = Assert.Single(repository.Read());

        Assert.True(repository.Has("m"));
        Assert.Equal(("m", 1L), (model.Name, Assert.Single(model.Versions)));
        Assert.Equal([1L], repository.Find("m")!.Versions);
    }

    [Fact]
    public void Read_NoFolder_SaysWhatIsThere()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        Assert.Contains(
            "is a regular file; it must be a folder",
            Assert.Throws<ModelRepositoryException>(new ModelRepository(file).Read).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "does not exist. Create it",
            Assert.Throws<ModelRepositoryException>(new ModelRepository(file + "s").Read).Message,
            StringComparison.Ordinal
        );
        Assert.False(new ModelRepository(file + "s").Has("m"));
    }

    private ModelRepository Make()
    {
        string models = Path.Combine(_folder, "models");
        Directory.CreateDirectory(Path.Combine(models, "m", "1"));
        Directory.CreateDirectory(Path.Combine(models, ".hidden", "1"));
        File.WriteAllText(Path.Combine(models, "file"), "");
        return new ModelRepository(models);
    }
}
