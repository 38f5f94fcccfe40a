import { hostname } from "node:os";
import { expect, it } from "vitest";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { processResource } from "../../../src/telemetry/export/resource.ts";

it("processResource uses the names of the semantic conventions, and a new instance id each time", () => {
  const resource = processResource();
  expect(resource).toMatchObject({
    "service.instance.id": expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
    "host.name": hostname(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  });
  expect(["amd64", "arm32", "arm64", "ia64", "ppc32", "ppc64", "s390x", "x86"]).toContain(resource["host.arch"]);
  expect(processResource()["service.instance.id"]).not.toBe(resource["service.instance.id"]);
});

it("the resource of createTelemetry keeps the SDK's attributes and prefers those of the settings", async () => {
  await using telemetry = createTelemetry(
    { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
    { resource: { "service.name": "memory-watch" } },
  );
  const { text } = (await telemetry.scrape?.()) ?? { text: "" };
  expect(text).toMatch(/^target_info\{.*service_name="memory-watch"/m);
  expect(text).toMatch(/^target_info\{.*telemetry_sdk_language="nodejs"/m);
});
