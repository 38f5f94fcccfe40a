import { readFile, writeFile } from "node:fs/promises";
import type { Demo } from "./start.ts";

/** A real fault, and its repair. */
export interface Fault {
  /** The component that the fault degrades. */
  readonly component: string;
  readonly description: string;
  readonly repair: string;
  /** @returns the repair */
  inject(demo: Demo): Promise<() => Promise<void>>;
}

/** A text longer than the demo's graph source accepts. */
const LONG_TEXT = "too much to know ".repeat(8_000);

export const FAULTS = {
  memory: {
    component: "collection:memory",
    description: "the memory file is overwritten with text that is not JSON",
    repair: "the memory file is restored",
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
    description: "the service that analytics reads is stopped with SIGSTOP: it accepts connections but does not respond",
    repair: "the service continues (SIGCONT)",
    inject: async ({ machine }) => {
      machine.signal("SIGSTOP");
      return async () => machine.signal("SIGCONT");
    },
  },
  graph: {
    component: "collection:graph",
    description: "the agent stores a text longer than the graph source's limit (64 KiB)",
    repair: "the agent deletes the text",
    async inject({ workload }) {
      await workload.use((memory) => memory.learn("everything", LONG_TEXT));
      return () => workload.use((memory) => memory.forget("everything"));
    },
  },
  otlp: {
    component: "exporter:otlp",
    description: "the OTLP receiver is stopped",
    repair: "the OTLP receiver is started again",
    async inject({ receiver }) {
      await receiver.close();
      return () => receiver.open();
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

export const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);
