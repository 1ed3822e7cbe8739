/** The SDK prints the stack of what `delete` throws; it would tell nobody anything. */
export function quiet(error: Error): Error {
  error.stack = error.name;
  return error;
}
