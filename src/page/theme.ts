/** The selected theme; `auto` follows the system. */
export type Choice = "auto" | "light" | "dark";

const KEY = "otel-vitals.theme";
const CHOICES: readonly Choice[] = ["auto", "light", "dark"];

/** The colours of charts, from the style sheet. */
export interface Colors {
  readonly surface: string;
  readonly faint: string;
  readonly grid: string;
  readonly accent: string;
  readonly band: string;
  readonly hatch: string;
  readonly series: readonly string[];
  readonly status: Readonly<Record<string, string>>;
}

/** The page's theme, stored in the browser. */
export class Theme {
  readonly #system = matchMedia("(prefers-color-scheme: dark)");
  readonly #changed: (choice: Choice) => void;
  #choice: Choice;
  #colors: Colors | undefined;
  #isPrinting = false;

  /** @param changed called when the colours change */
  constructor(changed: (choice: Choice) => void) {
    this.#changed = changed;
    const saved = stored.get(KEY);
    this.#choice = CHOICES.find((choice) => choice === saved) ?? "auto";
    this.#system.addEventListener("change", () => this.#change());
    this.#apply();
  }

  get choice(): Choice {
    return this.#choice;
  }

  next(): void {
    this.#choice = CHOICES[(CHOICES.indexOf(this.#choice) + 1) % CHOICES.length] as Choice;
    stored.set(KEY, this.#choice);
    this.#change();
  }

  get colors(): Colors {
    return (this.#colors ??= readColors());
  }

  /** Prints on paper in the light theme. @param isPrinting whether printing starts; otherwise it has ended */
  print(isPrinting: boolean): void {
    this.#isPrinting = isPrinting;
    this.#change();
  }

  #apply(): void {
    const isDark = !this.#isPrinting && (this.#choice === "dark" || (this.#choice === "auto" && this.#system.matches));
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    this.#colors = undefined;
  }

  #change(): void {
    this.#apply();
    this.#changed(this.#choice);
  }
}

/** The browser's local storage; without access to it values last as long as the tab. */
export const stored = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key: string, value: string): void {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Storage is blocked: the value lasts as long as the tab.
    }
  },
};

function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: color("surface"),
    faint: color("faint"),
    grid: color("grid"),
    accent: color("accent"),
    band: color("band"),
    hatch: color("hatch"),
    series: Array.from({ length: 8 }, (_, n) => color(`series-${n + 1}`)),
    status: Object.fromEntries(["healthy", "degraded", "unhealthy", "critical", "unknown"].map((name) => [name, color(name)])),
  };
}
