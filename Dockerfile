# The collector in a container: `docker build -t otel-vitals .`
#
# It listens on all addresses of the container and therefore requires a token:
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges -e VITALS_TOKEN=... -p 127.0.0.1:9464:9464 \
#     -v otel-vitals:/var/lib/otel-vitals otel-vitals
ARG NODE_IMAGE=node:24.21.0-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# Install scripts are skipped: one of them would install Node, which the image already has.
RUN npm ci --ignore-scripts
# After the image's own directories, so that the image's Node is used.
ENV PATH="${PATH}:/src/node_modules/.bin"
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY docs/runbooks docs/runbooks
RUN node scripts/build.ts

# The Model Context Protocol's memory server under a small workload, for docker-compose.yml. It needs the development dependencies.
FROM build AS workload
RUN mkdir /memory && chown 1000:1000 /memory
COPY examples/memory-workload examples/memory-workload
USER 1000:1000
ENV MEMORY_FILE_PATH=/memory/memory.jsonl
# Healthy if the file was written within the last 15 seconds.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "process.exit(Date.now() - fs.statSync(process.env.MEMORY_FILE_PATH).mtimeMs < 15000 ? 0 : 1)"]
ENTRYPOINT ["node", "examples/memory-workload/main.ts"]

FROM ${NODE_IMAGE} AS collector
LABEL org.opencontainers.image.title="otel-vitals" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# A volume mounted here inherits this owner and this mode.
RUN mkdir /memory && mkdir -m 700 /var/lib/otel-vitals && chown 1000:1000 /memory /var/lib/otel-vitals
COPY deploy/otel-config.yaml /etc/otel-vitals/otel-config.yaml
COPY package.json ./
# The command is a bundle: of the packages it needs only the clients of stores, which an image for a store adds (docs/how-to/containers.md).
COPY --from=build /src/dist/cli dist/cli
COPY --from=build /src/page page
USER 1000:1000
# No signal opens a debugger. A smaller V8 semi-space: a quarter less memory with ten thousand event stream clients. The C library
# has one arena, and gives back what was freed (docs/performance.md).
ENV NODE_ENV=production NODE_OPTIONS="--disable-sigusr1 --max-semi-space-size=8" MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 OTEL_CONFIG_FILE=/etc/otel-vitals/otel-config.yaml VITALS_PORT=9464
EXPOSE 9464
# What survives a restart. Writable with --read-only as well; without a name it is lost with its container.
VOLUME /var/lib/otel-vitals
# Whether the collector itself is alive. What it observes must not restart it.
HEALTHCHECK --interval=10s --timeout=6s --start-period=15s --retries=3 CMD ["node", "/app/dist/cli/liveness.js"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run"]
