import { serveHttp } from "./http-server.ts";

export interface OtlpPoint {
  /** Nanoseconds since the epoch, as text. */
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
  readonly asDouble?: number;
  readonly asInt?: number;
  readonly count?: number;
}
export interface OtlpMetric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality?: number; readonly isMonotonic?: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality?: number };
}

/** An OTLP backend that accepts everything and keeps, for each export, the first point of each metric by name. */
export async function keeper() {
  const received: Record<string, number | undefined>[] = [];
  const metrics: OtlpMetric[] = [];
  const server = await serveHttp((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += String(chunk)));
    request.on("end", () => {
      const exported = metricsOf(body);
      metrics.push(...exported);
      received.push(pointsOf(exported));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  return { received, metrics, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function metricsOf(body: string): readonly OtlpMetric[] {
  const { resourceMetrics } = JSON.parse(body) as { resourceMetrics: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] };
  return resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
}

function pointsOf(metrics: readonly OtlpMetric[]): Record<string, number | undefined> {
  return Object.fromEntries(
    metrics.map(({ name, sum, gauge: now, histogram }) => {
      const point = (sum ?? now ?? histogram)?.dataPoints[0];
      return [name, point?.asDouble ?? point?.asInt ?? point?.count];
    }),
  );
}
