# The two images of a deployment, of one build:
#
#   docker build --target silo -t continue-watching-silo .     with --migrate-only it is the deploy step that brings the schema up to date
#   docker build --target api -t continue-watching-api .
#
# --build-arg VERSION=1.2.3 --build-arg REVISION=$(git rev-parse HEAD) says what is in them: as labels, and in all telemetry.
# Needs BuildKit (Docker 23 and later have it; before: DOCKER_BUILDKIT=1), for it builds what the target needs.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# The packages: this layer stands until a project or a version changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Api/Api.csproj src/Api/packages.lock.json src/Api/
COPY src/Client/Client.csproj src/Client/packages.lock.json src/Client/
COPY src/Contracts/Contracts.csproj src/Contracts/packages.lock.json src/Contracts/
COPY src/Domain/Domain.csproj src/Domain/packages.lock.json src/Domain/
COPY src/Grains/Grains.csproj src/Grains/packages.lock.json src/Grains/
COPY src/Hosting/Hosting.csproj src/Hosting/packages.lock.json src/Hosting/
COPY src/Silo/Silo.csproj src/Silo/packages.lock.json src/Silo/
COPY src/Storage/Storage.csproj src/Storage/packages.lock.json src/Storage/
RUN dotnet restore src/Silo --locked-mode && dotnet restore src/Api --locked-mode

COPY . .
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
RUN for project in Silo Api; do \
      dotnet publish src/$project -c Release --no-restore -o /out/$project -p:Version=$VERSION -p:SourceRevisionId=$REVISION || exit 1; \
    done


FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Continue Watching" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
WORKDIR /app
# Whom to believe that it is the database: deploy/certificates/README.md.
COPY deploy/certificates /certificates
# The base image's own user, who owns nothing here. The root file system may be read-only; diagnostic tools want a writable /tmp.
USER $APP_UID
STOPSIGNAL SIGTERM


FROM runtime AS silo
COPY --from=build /out/Silo .
# HTTP (health, metrics) on 8081; other silos 11111; callers of grains 30000.
ENV ASPNETCORE_HTTP_PORTS=8081
EXPOSE 8081 11111 30000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["dotnet", "ContinueWatching.Silo.dll", "--health"]
ENTRYPOINT ["dotnet", "ContinueWatching.Silo.dll"]


FROM runtime AS api
COPY --from=build /out/Api .
# REST on 8080; metrics on 8082.
ENV ASPNETCORE_HTTP_PORTS=8080
EXPOSE 8080 8082
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["dotnet", "ContinueWatching.Api.dll", "--health"]
ENTRYPOINT ["dotnet", "ContinueWatching.Api.dll"]
