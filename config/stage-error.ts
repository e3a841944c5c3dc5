/** Mistakes in a stage. The message lists each mistake with its path and its fix. */
export class StageError extends Error {
  override readonly name = 'StageError';
}

/**
 * Waits for modules that check stages while they are loaded. For a command: it prints the mistakes in
 * a stage and ends the process with 1, because a stack trace does not help to find a mistake in data.
 *
 * @param loading an import, or the work that needs one
 */
export async function orPrintMistakes<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
