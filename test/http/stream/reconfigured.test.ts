import { expect, it } from "vitest";
import { Hub } from "../../../src/http/stream/hub.ts";
import { ArrayClient } from "../../support/array-client.ts";
import { queues, reconfigured, running } from "../../support/reconfigured.ts";

const SECOND = 1_000;

it("Clients receive the aggregates of the windows and collections that another configuration has, within a heartbeat", async () => {
  const { clock, collector } = await running(queues(["a"], {}, { windows: ["1m"] }));
  const hub = new Hub(collector, { maxClients: 10, maxClientsPerAddress: 10 }, clock);
  const client = new ArrayClient();
  hub.join(client, { address: "127.0.0.1", filter: {}, lastEventId: undefined });
  await clock.advance(20 * SECOND);
  const aggregates = () =>
    client.messages
      .filter(({ event }) => event === "aggregate")
      .map(({ data }) => {
        const { collection, window } = data as { readonly collection: string; readonly window: string };
        return `${collection} ${window}`;
      });
  expect([...new Set(aggregates())]).toEqual(["a 1m"]);
  await reconfigured(collector, queues(["b"], {}, { windows: ["2m", "3m"] }));
  await clock.advance(15 * SECOND);
  const before = aggregates().length;
  await clock.advance(30 * SECOND);
  expect([...new Set(aggregates().slice(before))].sort()).toEqual(["b 2m", "b 3m"]);
  hub.close();
  await collector.shutdown();
});
