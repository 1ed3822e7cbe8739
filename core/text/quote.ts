/** A value as one word of a POSIX shell's, whatever it contains but NUL, which no shell can hold. */
export function quote(value: string): string {
  if (value.includes("\0")) throw new TypeError("a shell word cannot hold NUL");
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
