/** Requests and responses between a benchmark and its child process. */
import { fork } from "node:child_process";
import { once } from "node:events";

interface Envelope {
  readonly n: number;
  readonly body: unknown;
}

export interface Child<Question, Answer> extends AsyncDisposable {
  request(question: Question): Promise<Answer>;
}

/** Starts a file as a child process, which is killed at the end of the scope. */
export function startChild<Question, Answer>(
  file: URL,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): Child<Question, Answer> {
  const child = fork(file, args, { execArgv: [...nodeFlags] });
  const exited = once(child, "exit");
  const waiting = new Map<number, (answer: Answer) => void>();
  let requests = 0;
  child.on("message", ({ n, body }: Envelope) => {
    waiting.get(n)?.(body as Answer);
    waiting.delete(n);
  });
  return {
    request: (body) =>
      new Promise((resolve, reject) => {
        const n = (requests += 1);
        waiting.set(n, resolve);
        void exited.then(([code]) => reject(new Error(`${file.pathname} ended with ${String(code)}`)));
        child.send({ n, body });
      }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** In the child process: responds to each request, and exits with the parent. */
export function answerParent(answer: (question: unknown) => unknown): void {
  const reply = async ({ n, body }: Envelope): Promise<void> => void process.send?.({ n, body: await answer(body) });
  process.on("message", (request: Envelope) => void reply(request));
  process.on("disconnect", () => process.exit(0));
}
