# The collector in a container: `docker build -t otel-vitals .`
#
# It listens on every address of the container, and so wants a token:
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges -e VITALS_TOKEN=... -p 127.0.0.1:9464:9464 otel-vitals
ARG NODE_IMAGE=node:24.21.0-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No package's own script is run: the image has the Node that one of them would install.
RUN npm ci --ignore-scripts
# Behind the image's own programs, for the same reason.
ENV PATH="${PATH}:/src/node_modules/.bin"
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN node scripts/build.ts

FROM build AS production
RUN npm prune --omit=dev --ignore-scripts

# The memory server of the Model Context Protocol with something to do, for docker-compose.yml. It needs what the tests need.
FROM build AS workload
RUN mkdir /memory && chown 1000:1000 /memory
COPY examples/memory-workload examples/memory-workload
USER 1000:1000
ENV MEMORY_FILE_PATH=/memory/memory.jsonl
# Well while something was written lately.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "process.exit(Date.now() - fs.statSync(process.env.MEMORY_FILE_PATH).mtimeMs < 15000 ? 0 : 1)"]
ENTRYPOINT ["node", "examples/memory-workload/main.ts"]

FROM ${NODE_IMAGE} AS collector
LABEL org.opencontainers.image.title="otel-vitals" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# A volume mounted here takes over its owner.
RUN mkdir /memory && chown 1000:1000 /memory
COPY deploy/otel-config.yaml /etc/otel-vitals/otel-config.yaml
COPY package.json ./
COPY --from=production /src/node_modules node_modules
COPY --from=production /src/dist dist
COPY --from=production /src/page page
USER 1000:1000
# Less room for new objects: a quarter less memory with ten thousand clients of the stream (docs/performance.md).
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=8 OTEL_CONFIG_FILE=/etc/otel-vitals/otel-config.yaml
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=6s --start-period=15s --retries=3 CMD ["node", "/app/dist/cli/main.js", "health"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run"]
