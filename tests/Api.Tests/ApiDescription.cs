using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace ContinueWatching.Api.Tests;

/// <summary>The document at <c>/openapi/v1.json</c>, and whether answers are what it says.</summary>
public sealed class ApiDescription(JsonNode document)
{
    private static readonly EvaluationOptions _strict = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    public JsonNode Root => document;

    public IReadOnlyList<Operation> Operations { get; } =
    [
        .. from path in document["paths"]!.AsObject()
           from method in path.Value!.AsObject()
           select new Operation(method.Key.ToUpperInvariant(), path.Key, method.Value!),
    ];

    public Operation Find(string method, string path) => Operations.Single(operation => operation.Method == method && operation.Path == path);

    /// <summary>What a <c>$ref</c> stands for; anything else is itself.</summary>
    public JsonNode Resolve(JsonNode node) => node["$ref"] is { } reference
        ? $"{reference}"[2..].Split('/').Aggregate(document, (found, step) => found[step]!)
        : node;

    /// <summary>The answer of a status as the document describes it; null when it does not.</summary>
    public JsonNode? Response(Operation operation, int status) =>
        operation.Node["responses"]![$"{status}"] is { } response ? Resolve(response) : null;

    /// <summary>What of a value is not as the schema says; members that it does not know count.</summary>
    public IReadOnlyList<string> FindFaults(JsonNode schema, JsonNode? value)
    {
        var whole = schema.DeepClone().AsObject();
        whole["$defs"] = Closed(document["components"]!["schemas"]!.DeepClone());
        var text = whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
        using var instance = JsonDocument.Parse(value?.ToJsonString() ?? "null");
        var result = JsonSchema.FromText(text).Evaluate(instance.RootElement, _strict);
        return result.IsValid ? [] : [.. from detail in result.Details ?? []
                                         from error in detail.Errors ?? []
                                         select $"{detail.InstanceLocation}: {error.Value}", $"{value?.ToJsonString()}"];
    }

    private static JsonNode Closed(JsonNode schemas)
    {
        foreach (var schema in schemas.AsObject().Select(named => named.Value!.AsObject()).Where(schema => schema.ContainsKey("properties")))
            schema["additionalProperties"] = false;
        return schemas;
    }
}

/// <summary>An operation of the document.</summary>
public sealed record Operation(string Method, string Path, JsonNode Node)
{
    public string? Text(string member) => (string?)Node[member];

    /// <summary>Its answers, by their status, as they stand.</summary>
    public IEnumerable<(int Status, JsonNode Response)> Responses => Node["responses"]!.AsObject()
        .Select(response => (int.Parse(response.Key, System.Globalization.CultureInfo.InvariantCulture), response.Value!));

    public IEnumerable<JsonNode> Parameters => Node["parameters"]?.AsArray().Select(parameter => parameter!) ?? [];

    public bool IsOpen => Node["security"] is JsonArray { Count: 0 };

    public override string ToString() => $"{Method} {Path}";
}
