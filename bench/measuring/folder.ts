import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a task with a temporary folder in `parent`, which is removed afterwards. */
export async function withFolder<T>(
  task: (folder: string) => Promise<T> | T,
  parent = tmpdir(),
): Promise<T> {
  const folder = mkdtempSync(join(parent, 'bench-'));
  try {
    return await task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
