import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { AssemblyStack } from '../../local/stack/template.ts';

function file({ directory, artifactId }: AssemblyStack, kind: 'assets' | 'template'): string {
  return join(directory, `${artifactId}.${kind}.json`);
}

/**
 * Makes a copy of a synthesised stack with another template. The copy is in the same folder and uses
 * the same code.
 *
 * @param name of the copy; must be unique
 * @param change from the text of the template to that of the copy
 * @throws Error when the change leaves the template as it was
 */
export function changedCopy(
  assembly: AssemblyStack,
  name: string,
  change: (template: string) => string,
): AssemblyStack {
  const copy: AssemblyStack = { ...assembly, artifactId: name };
  const template = readFileSync(file(assembly, 'template'), 'utf8');
  const changed = change(template);
  if (changed === template) throw new Error(`${name} does not change the template.`);
  cpSync(file(assembly, 'assets'), file(copy, 'assets'));
  writeFileSync(file(copy, 'template'), changed);
  return copy;
}

/** The copy in which at most one batch is processed at a time, which no real stage allows. */
export function withOneInstance(assembly: AssemblyStack): AssemblyStack {
  return changedCopy(assembly, 'one-instance', (template) =>
    template.replace(/"MaximumConcurrency": ?\d+/, '"MaximumConcurrency":1'),
  );
}
