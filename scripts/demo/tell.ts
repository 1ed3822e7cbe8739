/** Where the demo says what it does and what it saw. */
export interface Tell {
  /** What is done next. */
  say(text: string): void;
  /** What was seen, by looking at processes and at ZooKeeper. */
  saw(text: string): void;
  /** What somebody else printed. */
  quote(text: string): void;
}

const plain = !process.stdout.isTTY || Boolean(process.env.NO_COLOR);
const bold = (text: string) => (plain ? text : `\x1b[1m${text}\x1b[22m`);

export const aloud: Tell = {
  say: (text) => console.log(`\n${bold(text)}`),
  saw: (text) => console.log(`   ${text}`),
  quote: (text) => {
    for (const line of text.trimEnd().split("\n")) console.log(`   | ${line}`);
  },
};

export const silent: Tell = { say() {}, saw() {}, quote() {} };
