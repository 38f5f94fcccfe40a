import { buildPage } from "../../scripts/build-page.ts";

/** Builds the page, so that the tests see the current source. */
export default async function setup(): Promise<void> {
  if (!(await buildPage())) throw new Error("the page cannot be built: esbuild is not installed");
}
