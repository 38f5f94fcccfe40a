import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { commandHelp, exitsOf, mainHelp } from "../../src/cli/help.ts";
import { EXIT, parseCommandLine } from "../../src/cli/usage.ts";

const commands = Object.entries(COMMANDS);

/** The part of a help text under a heading. */
function section(text: string, heading: RegExp): readonly string[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => heading.test(line)) + 1;
  const to = lines.indexOf("", from);
  return lines.slice(from, to === -1 ? undefined : to);
}

describe("help of a command", () => {
  it("all commands are tested", () => {
    const known = ["run", "validate", "check", "once", "audit", "health", "top", "support", "dashboards", "init", "test"];
    expect(commands.map(([name]) => name)).toEqual(known);
  });

  it.each(commands)("%s: help names the usage, what the command does and each of its own options", (name, command) => {
    const [usage, , summary] = commandHelp(name, command, Infinity).split("\n");
    expect(usage).toMatch(new RegExp(`^usage: otel-vitals ${name} \\[options\\]`));
    expect(summary).toMatch(/^ {2}[A-Z].*[^.]\.$/);
    const helped = (command.help ?? []).map(([option]) => /^--([a-z-]+)/.exec(option)?.[1]).filter((each) => each !== undefined);
    expect(helped).toEqual(Object.keys(command.options ?? {}));
  });

  it.each(commands)("%s: each example parses with the command's own options", (name, command) => {
    const shown = section(commandHelp(name, command, Infinity), /^Examples?:$/).filter((line) => /^ {2}\S/.test(line));
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThanOrEqual(2);
    for (const line of shown) {
      const [program, verb, ...args] = line.trim().split(" ");
      expect([program, verb]).toEqual(["otel-vitals", name]);
      const { positionals } = parseCommandLine(args, command.options);
      if (command.args === undefined) expect(positionals).toEqual([]);
    }
  });

  it.each(commands)("%s: help lists exit codes that exist, success and usage error among them, each once", (name, command) => {
    const codes = section(commandHelp(name, command, Infinity), /^Exit codes:$/).map((line) => Number(/^ {2}(\d) {2}\S/.exec(line)?.[1]));
    expect(codes).toEqual(expect.arrayContaining([EXIT.fine, EXIT.failure, EXIT.usage, EXIT.configuration]));
    expect(Object.values(EXIT)).toEqual(expect.arrayContaining(codes));
    expect(new Set(codes).size).toBe(codes.length);
    expect(exitsOf(command).map(([code]) => Number(code))).toEqual(codes.toSorted());
  });

  it.each(commands)("%s: no line of the help is longer than the terminal, but for examples", (name, command) => {
    const text = commandHelp(name, command, 80);
    const examples = section(text, /^Examples?:$/);
    const long = text.split("\n").filter((line) => line.length > 80 && !examples.includes(line));
    expect(long).toEqual([]);
    // The same words, whatever the width.
    expect(text.split(/\s+/)).toEqual(commandHelp(name, command, Infinity).split(/\s+/));
  });
});

describe("help of the program", () => {
  it("lists every command, in lines no longer than the terminal", () => {
    const listed = section(mainHelp(100), /^Commands:$/).flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
    expect(listed).toEqual(commands.map(([name]) => name));
    expect(
      mainHelp(100)
        .split("\n")
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });
});
