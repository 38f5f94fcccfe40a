#!/usr/bin/env node
/** The entry of the command. It imports nothing at first, so that a version of Node that is too old for the rest can read it and say so. */

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 15)) await import("./command.ts");
else {
  console.error(`otel-vitals needs Node 22.15 or later; this is Node ${process.versions.node}`);
  process.exitCode = 1;
}
