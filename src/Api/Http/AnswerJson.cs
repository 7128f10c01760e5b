using System.Text.Json;
using System.Text.Json.Serialization;
using ContinueWatching.Api.Events;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Http;

/// <summary>How answers are written: camelCase, what is not known left out, outcomes as words.</summary>
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(WatchStatusAnswer[]))]
[JsonSerializable(typeof(RowAnswer))]
[JsonSerializable(typeof(NoPlace))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    // The routes write with the options of the host, of which a context is one resolver: what it should look like is said there.
    public static void Configure(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter<ReportOutcome>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new ContentIdJson());
        options.TypeInfoResolverChain.Insert(0, Default);
    }

    private sealed class ContentIdJson : JsonConverter<ContentId>
    {
        public override ContentId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, ContentId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
