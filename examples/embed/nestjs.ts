/** A NestJS service with an embedded collector: health, metrics, the API, the event stream and the page are under /vitals. */
import { Controller, Get, Module, type BeforeApplicationShutdown, type OnApplicationShutdown, type OnModuleInit } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createCollector } from "otel-vitals";
import { createHandler } from "otel-vitals/http";
import type { Telemetry } from "otel-vitals/telemetry";

class Vitals implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #telemetry;
  readonly #collector;
  readonly handler;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    this.#collector = createCollector(
      { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
      { telemetry },
    );
    this.handler = createHandler(this.#collector, { path: "/vitals", metrics: telemetry.scrape });
  }

  async onModuleInit() {
    await this.#collector.start();
  }

  // Before Nest closes its server, which waits for all connections: the collector ends the event streams.
  async beforeApplicationShutdown() {
    await this.#collector.shutdown();
  }

  async onApplicationShutdown() {
    await this.#telemetry.shutdown(5_000);
  }
}

async function createVitals() {
  // With import(), because a project that compiles to CommonJS cannot load this entry otherwise.
  const { createTelemetry } = await import("otel-vitals/telemetry");
  const readers = [{ pull: { exporter: { "prometheus/development": {} } } }];
  return new Vitals(createTelemetry({ readers }, { resource: { "service.name": "shop" } }));
}

@Controller()
class Service {
  @Get()
  answer() {
    return "the service's own answer";
  }
}

@Module({ providers: [{ provide: Vitals, useFactory: createVitals }], controllers: [Service] })
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.use(app.get(Vitals).handler);
  // Without this, Nest calls no hook on SIGTERM.
  app.enableShutdownHooks();
  await app.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
  console.log("listening", app.getHttpServer().address());
}
void bootstrap();
