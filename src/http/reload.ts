import type { Context } from "hono";
import type { ConfigurationProblem, InvalidConfiguration, ReloadAnswer } from "../answer/reload.ts";
import { counted } from "../base/quantity.ts";
import { isVitalsError } from "../base/errors.ts";
import { problem } from "./api/problem.ts";

/** Reads the configuration again. Resolves with what was changed, or with the problems for which nothing was. */
export type Reload = () => Promise<ReloadAnswer | InvalidConfiguration>;

/** `POST /api/v1/reload`. @param reload undefined where there is nothing to read again */
export async function reloadResponse(c: Context, reload: Reload | undefined): Promise<Response> {
  if (!reload) return problem(c, "no-reload", "this collector runs without a configuration file, so there is nothing to read again");
  try {
    const answer = await reload();
    if ("problems" in answer) return invalid(c, answer.problems);
    return c.json(answer, 200, { "cache-control": "no-store" });
  } catch (error) {
    if (!isVitalsError(error)) throw error;
    if (error.code === "config_invalid" || error.code === "config_unreadable")
      return invalid(c, [{ severity: "error", path: "", message: error.message }]);
    if (error.code !== "lifecycle") throw error;
    c.header("retry-after", "1");
    return problem(c, "stopping", "the collector is not running, so it takes no other configuration");
  }
}

function invalid(c: Context, problems: readonly ConfigurationProblem[]): Response {
  const errors = problems.filter(({ severity }) => severity === "error");
  const count = counted(errors.length, "error");
  const [first] = errors;
  return problem(c, "invalid-configuration", `nothing was changed; ${count}${first ? `; first: ${first.message}` : ""}`, { problems });
}
