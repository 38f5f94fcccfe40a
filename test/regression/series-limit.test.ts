/**
 * Pins a property of opentelemetry-js sdk-metrics 3.1.0: it never forgets a series, and after 2000 of an instrument it merges all new ones
 * into one overflow series. On a machine whose virtual network interfaces come and go, new interfaces were no longer exported.
 */
import { expect, it } from "vitest";
import { gauge, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { instrumented } from "../support/instrumented.ts";

const links = defineSampleType("links", { io: gauge("link.io", "By", { by: [upTo(2, "link.name")] }) });

it("a new series is exported after thousands of others have come and gone", async () => {
  const { clock, record, lines } = instrumented(links);
  record({ io: Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`veth${n}`, 1])) });
  expect((await lines("link_")).length).toBeGreaterThan(0);
  clock.block(3_000);
  record({ io: { eth0: 1 } });
  expect(await lines("link_")).toEqual(['link_io_bytes{vitals_collection_name="c",link_name="eth0"} 1']);
});
