const ESC = "\u001b[";
const OTHER_SCREEN = `${ESC}?1049h`;
const FIRST_SCREEN = `${ESC}?1049l`;
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const NO_WRAP = `${ESC}?7l`;
const WRAP = `${ESC}?7h`;
const HOME = `${ESC}H`;
const CLEAR_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

/** A page that is drawn over itself, on the terminal's other screen: what was there before comes back. */
export class Screen {
  private last = "";
  private open = false;

  constructor(
    private readonly terminal: NodeJS.WriteStream,
    private readonly resized: () => void,
  ) {}

  draw(page: string): void {
    this.last = page;
    if (!this.open) {
      this.open = true;
      this.terminal.write(OTHER_SCREEN + HIDE_CURSOR + NO_WRAP);
      this.terminal.on("resize", this.resized);
    }
    const lines = this.fitting(page.split("\n"));
    // line by line, never an empty screen: no flicker
    this.terminal.write(
      HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n") + CLEAR_BELOW,
    );
  }

  private fitting(lines: string[]): string[] {
    const rows = this.terminal.rows || 24;
    if (lines.length <= rows) return lines;
    const left = lines.length - (rows - 1);
    return [...lines.slice(0, rows - 1), `… ${left} more lines`];
  }

  /** Leaves the terminal as it was, with the last page below. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.terminal.off("resize", this.resized);
    this.terminal.write(`${WRAP}${SHOW_CURSOR}${FIRST_SCREEN}${this.last}\n`);
  }
}
