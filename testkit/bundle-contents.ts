/** Contents of a function's bundle. */

/** Limit of each bundle, bytes. Node reads the whole bundle at every cold start. */
export const MOST_BYTES = { ingest: 208 * 1024, delivery: 260 * 1024 } as const;

/** The package of a source file, or its folder in this project. */
function packageOf(file: string): string {
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  return installed ?? file.split('/').slice(0, 2).join('/');
}

/**
 * Bytes of a bundle per package, the largest first.
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
