/** What is inside a function's bundle. */

/** Most bytes of each function's bundle: Node reads all of them at every cold start. */
export const MOST_BYTES = { ingest: 200 * 1024, delivery: 260 * 1024 } as const;

/** Name of the package that a source file belongs to; of our own, its folder. */
function packageOf(file: string): string {
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  return installed ?? file.split('/').slice(0, 2).join('/');
}

/**
 * Adds a bundle's bytes up by package, the largest first.
 *
 * @param contents source file -> bytes, as `bundleFunction` returns it
 * @returns lines such as `107189  @smithy/core`
 */
export function contentsByPackage(contents: ReadonlyMap<string, number>): readonly string[] {
  const sums = new Map<string, number>();
  for (const [file, bytes] of contents) {
    const name = packageOf(file);
    sums.set(name, (sums.get(name) ?? 0) + bytes);
  }
  return [...sums]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, bytes]) => `${String(bytes).padStart(7)}  ${name}`);
}
