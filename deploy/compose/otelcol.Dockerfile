# The OpenTelemetry Collector with busybox for its health check: the official image contains only the Collector.
FROM busybox:1.37.0-musl AS busybox

FROM otel/opentelemetry-collector:0.155.0
COPY --from=busybox /bin/busybox /busybox
USER 10001:10001
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:13133/"]
