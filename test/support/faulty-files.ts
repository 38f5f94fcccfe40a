import { diskFiles, type Files, type OpenFile } from "../../src/journal/file/files.ts";

export type Operation = keyof Files | keyof OpenFile;

/** Files that fail or hang when the test says so. */
export class FaultyFiles {
  /** Code of the error that operations fail with, as on a full disk. */
  code: string | undefined;
  /** Limits `code` and `hang` to these operations. Default: those that write. */
  operations: readonly Operation[] = ["makeFolder", "create", "openExisting", "write", "sync", "rename", "remove", "syncFolder"];
  /** If true, a write that fails has written half of its bytes. */
  isPartial = false;
  /** How many operations fail with `code`; then it ends. */
  limit = Number.POSITIVE_INFINITY;
  readonly calls: Operation[] = [];
  #hang: PromiseWithResolvers<void> | undefined;

  /** Lets operations wait until `release`. */
  hang(): void {
    this.#hang = Promise.withResolvers();
  }

  release(): void {
    this.#hang?.resolve();
    this.#hang = undefined;
  }

  get files(): Files {
    return this.#guarded(diskFiles, async (result) => (isOpenFile(result) ? this.#guarded(result) : result));
  }

  #guarded<T extends Files | OpenFile>(target: T, map: (result: unknown) => Promise<unknown> = async (result) => result): T {
    return new Proxy(target, {
      get: (_, name) => {
        const operation = name as Operation & keyof T;
        const call = target[operation] as ((...args: unknown[]) => Promise<unknown>) | undefined;
        // Among others `then`, which an `await` looks for.
        if (call === undefined) return undefined;
        return async (...args: unknown[]) => {
          const isHalf = this.isPartial && this.code !== undefined && operation === "write";
          if (isHalf) await (target as OpenFile).write((args[0] as Buffer).subarray(0, (args[0] as Buffer).length / 2), args[1] as number);
          await this.#gate(operation);
          return map(await call.apply(target, args));
        };
      },
    });
  }

  async #gate(operation: Operation): Promise<void> {
    this.calls.push(operation);
    if (!this.operations.includes(operation)) return;
    await this.#hang?.promise;
    const { code } = this;
    if (code === undefined) return;
    this.limit -= 1;
    if (this.limit <= 0) Object.assign(this, { code: undefined, limit: Number.POSITIVE_INFINITY });
    throw Object.assign(new Error(`${code}: injected, ${operation}`), { code });
  }
}

const isOpenFile = (result: unknown): result is OpenFile => typeof result === "object" && result !== null && "isLinked" in result;
