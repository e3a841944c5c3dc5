/** Files of exported dead letters. */

import { open, rename, rm, stat } from 'node:fs/promises';

import { codeOf, OperatorError, UsageError } from '../errors.ts';
import { type ExportedDeadLetter, readLine, writeLine } from './export-format.ts';

/** A file that is being written. */
export interface ExportWriter {
  readonly write: (deadLetter: ExportedDeadLetter) => Promise<void>;
  /** Renames the file from `<name>.partial` to its name. */
  readonly finish: () => Promise<void>;
  /** Deletes what was written. */
  readonly discard: () => Promise<void>;
}

/** Characters that are collected before they are written. */
const WRITE_SIZE = 64 * 1024;

/** Explains an error of the file system. */
function fileError(file: string, error: unknown): OperatorError {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return new UsageError(`There is no file or folder ${file}; check the path.`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new OperatorError(`You are not allowed to open ${file}; choose another place.`);
  }
  if (code === 'ENOSPC') return new OperatorError(`No space is left for ${file}; make room.`);
  const reason = error instanceof Error ? error.message : String(error);
  return new OperatorError(`${file} cannot be used (${reason}).`, { cause: error });
}

async function orExplain<T>(file: string, call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw fileError(file, error);
  });
}

/**
 * Creates a file that only its owner may read: events can name what should not be public.
 *
 * @param overwrite replaces an existing file
 * @throws OperatorError when it exists, or cannot be written
 */
export async function createExport(file: string, overwrite: boolean): Promise<ExportWriter> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) {
    throw new UsageError(`${file} exists already; choose another name, or add --force.`);
  }
  const partial = `${file}.partial`;
  const handle = await orExplain(file, open(partial, 'w', 0o600));
  let buffer: string[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const text = buffer.join('');
    buffer = [];
    size = 0;
    await orExplain(file, handle.writeFile(text));
  };
  return {
    write: async (deadLetter) => {
      const line = `${writeLine(deadLetter)}\n`;
      buffer.push(line);
      size += line.length;
      if (size > WRITE_SIZE) await flush();
    },
    finish: async () => {
      await flush();
      // On the disk before anything relies on it: `dlq discard` deletes what the file holds.
      await handle.sync();
      await handle.close();
      await rename(partial, file);
    },
    discard: async () => {
      await handle.close();
      await rm(partial, { force: true });
    },
  };
}

/**
 * Checks that a file can be read.
 *
 * @throws OperatorError when it cannot
 */
export async function checkReadable(file: string): Promise<void> {
  const handle = await orExplain(file, open(file));
  await handle.close();
}

/**
 * Reads the dead letters of a file, one by one. Skips empty lines.
 *
 * @throws OperatorError naming the first line that is no dead letter
 */
export async function* readExport(file: string): AsyncGenerator<ExportedDeadLetter> {
  const handle = await orExplain(file, open(file));
  try {
    let number = 0;
    for await (const line of handle.readLines()) {
      number += 1;
      // Some editors write a byte order mark first; `trim` removes it too.
      const text = line.trim();
      if (text === '') continue;
      const deadLetter = readLine(text);
      if (typeof deadLetter === 'string') {
        throw new OperatorError(
          `Line ${number} of ${file} is no exported dead letter (${deadLetter}); use a file that "dlq export" wrote.`,
        );
      }
      yield deadLetter;
    }
  } catch (error) {
    throw error instanceof OperatorError ? error : fileError(file, error);
  } finally {
    await handle.close();
  }
}
