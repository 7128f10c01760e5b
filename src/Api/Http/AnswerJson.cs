using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ContinueWatching.Api.Catalogue;
using ContinueWatching.Api.Events;
using ContinueWatching.Api.Users;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Http;

/// <summary>How answers are written: camelCase, what is not known left out, outcomes as words.</summary>
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(WatchStatusAnswer[]))]
[JsonSerializable(typeof(RowAnswer))]
[JsonSerializable(typeof(JournalAnswer))]
[JsonSerializable(typeof(WhyAnswer))]
[JsonSerializable(typeof(HistoryAnswer))]
[JsonSerializable(typeof(WatchlistAnswer))]
[JsonSerializable(typeof(UserAnswer))]
[JsonSerializable(typeof(ErasureAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(ExportedUser))]
[JsonSerializable(typeof(ExportedTitle))]
[JsonSerializable(typeof(ExportedWatchlistEntry))]
[JsonSerializable(typeof(TitleAnswer))]
[JsonSerializable(typeof(StoredAnswer))]
[JsonSerializable(typeof(NoPlace))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    // The routes write with the options of the host, of which a context is one resolver: what it should look like is said there.
    public static void Configure(JsonSerializerOptions options)
    {
        // Answers are only ever written: a number is a number, also in the description of it.
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter<ReportOutcome>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new JsonStringEnumConverter<RowReason>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new JsonStringEnumConverter<RowCode>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new ContentIdJson());
        options.TypeInfoResolverChain.Insert(0, Default);
    }

    /// <summary>How an answer is written by those who write it themselves, just as the routes do.</summary>
    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Written.Options.GetTypeInfo(typeof(T));

    // Apart, for it needs the context to be there.
    private static class Written
    {
        public static readonly JsonSerializerOptions Options = Configured();

        private static JsonSerializerOptions Configured()
        {
            var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
            Configure(options);
            return options;
        }
    }

    private sealed class ContentIdJson : JsonConverter<ContentId>
    {
        public override ContentId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, ContentId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
