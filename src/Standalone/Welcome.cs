namespace ContinueWatching.Standalone;

/// <summary>What a first-time user reads when the service is up.</summary>
internal static class Welcome
{
    public static string Text(string url, bool hasDevTokens, EmbeddedPostgres? postgres) => $$"""

        Continue Watching listens on {{url}}
        {{(postgres is null ? "Positions are kept in the database of ConnectionStrings:Postgres" : $"Positions are kept in {postgres.DataDirectory}")}}

        {{(hasDevTokens ? TryIt(url) : "Sign in with a token of the configured issuer (Authentication:Schemes:Bearer).")}}

        Ctrl+C stops everything.

        """;

    private static string TryIt(string url) => $$"""
        See it: open {{url}} in a browser. Or try it, in another terminal:

          TOKEN=$(curl -s {{url}}/dev/token -H 'Content-Type: application/json' -d '{"userId": "123"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

          curl -X PUT {{url}}/updateWatchStatus -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
            -d '{"userId": 123, "contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "resumeFrom": 1325.4, "duration": 5400, "deviceId": "tv"}'

          curl "{{url}}/getWatchStatus?userId=123&contentId=0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11" -H "Authorization: Bearer $TOKEN"

          curl {{url}}/users/me/continue-watching -H "Authorization: Bearer $TOKEN"
        """;
}
