using System.Text.Json;
using System.Text.Json.Serialization;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Http;

/// <summary>How answers are written: camelCase, what is not known left out, outcomes as words.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(ContentIdJson), typeof(OutcomeJson)])]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(WatchStatusAnswer[]))]
[JsonSerializable(typeof(RowAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    private sealed class OutcomeJson() : JsonStringEnumConverter<ReportOutcome>(JsonNamingPolicy.CamelCase);

    private sealed class ContentIdJson : JsonConverter<ContentId>
    {
        public override ContentId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, ContentId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
