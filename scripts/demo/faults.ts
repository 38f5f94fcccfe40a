import { readFile, writeFile } from "node:fs/promises";
import type { Stage } from "./stage.ts";

/** Something that really goes wrong, and is really mended. */
export interface Fault {
  /** Component that the demo waits to see degraded. */
  readonly component: string;
  readonly what: string;
  readonly mended: string;
  /** @returns what mends it */
  inject(stage: Stage): Promise<() => Promise<void>>;
}

/** A text that no limit of the demo's graph has room for. */
const LONG_TEXT = "too much to know ".repeat(8_000);

export const FAULTS = {
  memory: {
    component: "collection:memory",
    what: "the memory file is overwritten with something that is not JSON",
    mended: "the memory file is put back",
    async inject({ memoryFile, workload }) {
      await workload.pause();
      const intact = await readFile(memoryFile);
      await writeFile(memoryFile, "this is no memory\n");
      return async () => {
        await writeFile(memoryFile, intact);
        workload.resume();
      };
    },
  },
  analytics: {
    component: "collection:analytics",
    what: "the service that analytics reads is stopped with SIGSTOP: it takes connections and answers nothing",
    mended: "the service goes on (SIGCONT)",
    inject: async ({ machine }) => {
      machine.signal("SIGSTOP");
      return async () => machine.signal("SIGCONT");
    },
  },
  graph: {
    component: "collection:graph",
    what: "the agent learns a text longer than the graph's source may read (64 KiB)",
    mended: "the agent forgets the text",
    async inject({ workload }) {
      await workload.use((memory) => memory.learn("everything", LONG_TEXT));
      return () => workload.use((memory) => memory.forget("everything"));
    },
  },
  otlp: {
    component: "exporter:otlp",
    what: "the OTLP receiver goes away",
    mended: "the OTLP receiver is back",
    async inject({ receiver }) {
      await receiver.close();
      return () => receiver.open();
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

export const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);
