/** Next.js calls this once, when its server starts. */
export async function register() {
  // The collector is in a file of its own, because Next.js compiles this one for its other runtime as well.
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  // Without a collector the pages still work. An error that leaves `register` would make Next.js hang.
  await import("./collector.js").catch((error) => console.error("no collector:", error));
}
