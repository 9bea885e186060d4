using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace OrleansInference.Architecture.Tests.Density;

/// <summary>How densely C# files are written: what a reader must take in at once.</summary>
internal sealed class SourceDensity
{
    /// <summary>Longest line of code.</summary>
    public const int MaxLine = 140;

    /// <summary>Longest guard that may stand in one line with its <c>if</c>.</summary>
    public const int MaxGuard = 100;

    /// <summary>Most parameters of a constructor, and of a record.</summary>
    public const int MaxParameters = 8;

    /// <summary>An expression within so many others is nested deeply.</summary>
    public const int DeepNesting = 12;

    private readonly List<string> _longLines = [];
    private readonly List<string> _longGuards = [];
    private readonly List<string> _longConstructors = [];
    private int _lines;
    private int _over120;
    private int _over160;
    private int _over200;
    private int _ifs;
    private int _oneLineIfs;
    private int _crowdedIfs;
    private int _tupleAssignments;
    private int _sharedDeclarations;
    private int _deepLines;
    private int _reasons;

    /// <summary>Longest line, in characters.</summary>
    public int LongestLine { get; private set; }

    /// <summary>Most parameters of a constructor or record.</summary>
    public int MostParameters { get; private set; }

    /// <summary>Percent of the lines over 120 characters.</summary>
    public double Over120 => Percent(_over120, _lines);

    /// <summary>Percent of all <c>if</c> that share a line with what they run, other than a guard.</summary>
    public double CrowdedIfs => Percent(_crowdedIfs, _ifs);

    /// <summary>Assignments of one tuple to another, per 1,000 lines.</summary>
    public double TupleAssignments => PerThousand(_tupleAssignments);

    /// <summary>Declarations of several variables, per 1,000 lines.</summary>
    public double SharedDeclarations => PerThousand(_sharedDeclarations);

    /// <summary>Lines with an expression nested at least <see cref="DeepNesting"/> deep, per 1,000.</summary>
    public double DeepLines => PerThousand(_deepLines);

    /// <summary>Lines over <see cref="MaxLine"/>, with their places.</summary>
    public IReadOnlyList<string> LongLines => _longLines;

    /// <summary>Guards in one line over <see cref="MaxGuard"/>, with their places.</summary>
    public IReadOnlyList<string> LongGuards => _longGuards;

    /// <summary>Constructors and records of more than <see cref="MaxParameters"/>.</summary>
    public IReadOnlyList<string> LongConstructors => _longConstructors;

    /// <summary>Measures the files of folders, those that a build wrote aside.</summary>
    public static SourceDensity Of(string root, params IEnumerable<string> folders)
    {
        SourceDensity density = new();
        foreach (string folder in folders)
        {
            foreach (
                string path in Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
            )
            {
                string relative = Path.GetRelativePath(root, path);
                bool isBuilt = relative.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin");
                if (!isBuilt)
                {
                    density.Add(relative, File.ReadAllText(path));
                }
            }
        }

        return density;
    }

    /// <summary>The figures as rows of a Markdown table.</summary>
    public string ToTable()
    {
        string[] rows =
        [
            Row("lines", _lines),
            Row(
                "lines over 120 / 160 / 200 characters, %",
                Over120,
                Percent(_over160, _lines),
                Percent(_over200, _lines)
            ),
            Row("longest line", LongestLine),
            Row("one-line `if`, % of all", Percent(_oneLineIfs, _ifs)),
            Row("of them no guard, % of all", CrowdedIfs),
            Row("guards over 100 characters", _longGuards.Count),
            Row(
                "tuple assignments, several declarators in a line, per 1,000 lines",
                TupleAssignments,
                SharedDeclarations
            ),
            Row("expressions nested 12 deep, per 1,000 lines", DeepLines),
            Row("comments that say why, per 1,000 lines", PerThousand(_reasons)),
            Row("constructor parameters, most", MostParameters),
        ];
        return string.Join('\n', rows);
    }

    private static string Row(string name, params double[] values)
    {
        IEnumerable<string> numbers = values.Select(value => value.ToString("0.##", CultureInfo.InvariantCulture));
        return $"| {name} | {string.Join(" / ", numbers)} |";
    }

    private void Add(string path, string text)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview));
        SourceText source = tree.GetText();
        SyntaxNode root = tree.GetRoot();
        AddLines(path, source);
        foreach (SyntaxNode node in root.DescendantNodes())
        {
            AddNode(path, source, node);
        }

        HashSet<int> deep = [];
        foreach (SyntaxToken token in root.DescendantTokens())
        {
            if (Depth(token) >= DeepNesting)
            {
                deep.Add(Line(source, token.SpanStart));
            }
        }

        _deepLines += deep.Count;
        _reasons += root.DescendantTrivia().Count(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia));
    }

    private void AddLines(string path, SourceText source)
    {
        foreach (TextLine line in source.Lines)
        {
            int length = line.End - line.Start;
            _lines++;
            _over120 += length > 120 ? 1 : 0;
            _over160 += length > 160 ? 1 : 0;
            _over200 += length > 200 ? 1 : 0;
            LongestLine = Math.Max(LongestLine, length);
            if (length > MaxLine)
            {
                _longLines.Add($"{path}:{line.LineNumber + 1} has {length} characters");
            }
        }
    }

    private void AddNode(string path, SourceText source, SyntaxNode node)
    {
        switch (node)
        {
            case IfStatementSyntax branch:
                AddIf(path, source, branch);
                break;
            case AssignmentExpressionSyntax { Right: TupleExpressionSyntax } assignment when IsTuple(assignment.Left):
                _tupleAssignments++;
                break;
            case VariableDeclarationSyntax { Variables.Count: > 1 }:
                _sharedDeclarations++;
                break;
            case ConstructorDeclarationSyntax constructor:
                AddParameters(path, constructor.Identifier, constructor.ParameterList);
                break;
            case TypeDeclarationSyntax { ParameterList: { } parameters } type:
                AddParameters(path, type.Identifier, parameters);
                break;
        }
    }

    private void AddIf(string path, SourceText source, IfStatementSyntax branch)
    {
        _ifs++;
        int line = Line(source, branch.SpanStart);
        if (Line(source, branch.Statement.Span.End) != line)
        {
            return;
        }

        _oneLineIfs++;
        TextLine text = source.Lines[line];
        bool isGuard =
            branch.Statement
            is ReturnStatementSyntax
                or ThrowStatementSyntax
                or ContinueStatementSyntax
                or BreakStatementSyntax
                or YieldStatementSyntax;
        if (!isGuard)
        {
            _crowdedIfs++;
        }
        else if (text.End - text.Start > MaxGuard)
        {
            _longGuards.Add($"{path}:{line + 1}");
        }
    }

    private void AddParameters(string path, SyntaxToken name, ParameterListSyntax parameters)
    {
        int count = parameters.Parameters.Count;
        MostParameters = Math.Max(MostParameters, count);
        if (count > MaxParameters)
        {
            _longConstructors.Add($"{path}: {name.Text} has {count}");
        }
    }

    private static bool IsTuple(ExpressionSyntax target) =>
        target
            is TupleExpressionSyntax
                or DeclarationExpressionSyntax { Designation: ParenthesizedVariableDesignationSyntax };

    /// <summary>Expressions around a token, up to the statement or member that holds it.</summary>
    private static int Depth(SyntaxToken token)
    {
        int depth = 0;
        for (
            SyntaxNode? node = token.Parent;
            node is not (null or StatementSyntax or MemberDeclarationSyntax);
            node = node.Parent
        )
        {
            depth += node is ExpressionSyntax ? 1 : 0;
        }

        return depth;
    }

    private static int Line(SourceText source, int position) => source.Lines.GetLineFromPosition(position).LineNumber;

    private static double Percent(int part, int whole) => whole == 0 ? 0 : 100.0 * part / whole;

    private double PerThousand(int count) => _lines == 0 ? 0 : 1000.0 * count / _lines;
}
