/** Everything that is wrong with a text in Prometheus' exposition format 0.0.4, as strictly as its parser and its scrape loop are. */
export function expositionProblems(text: string): readonly string[] {
  const problems: string[] = [];
  const series = new Set<string>();
  const described = new Set<string>();
  if (text !== "" && !text.endsWith("\n")) problems.push("the text does not end with a line feed");
  for (const [n, line] of text.split("\n").entries()) {
    const refuse = (what: string): void => void problems.push(`line ${n + 1}: ${what}: ${line.slice(0, 200)}`);
    if (line === "" || line.startsWith("# HELP ")) continue;
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line)?.[1];
    if (type !== undefined) {
      if (described.has(type)) refuse("a second TYPE");
      described.add(type);
      continue;
    }
    const [, name, labels = "", value] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^\n]*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      refuse("no sample");
      continue;
    }
    if (!/^([+-]Inf|NaN)$/.test(value) && !Number.isFinite(Number(value))) refuse("no number");
    const found = new Map<string, string>();
    let rest = labels;
    while (rest !== "") {
      const [pair, label, content] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? [];
      if (pair === undefined || label === undefined || content === undefined) {
        refuse("no label");
        break;
      }
      if (found.has(label)) refuse(`the label ${label} twice`);
      if (label.startsWith("__")) refuse(`the label ${label} is Prometheus' own`);
      found.set(label, content);
      rest = rest.slice(pair.length);
    }
    // To Prometheus an empty label is none.
    const identity = JSON.stringify([name, [...found].filter(([, content]) => content !== "").toSorted()]);
    if (series.has(identity)) refuse("a series twice");
    series.add(identity);
  }
  return problems;
}
