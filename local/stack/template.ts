/** A synthesised stack on disk: its template, and the folders with its functions' code. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** One resource of a template; its properties are not evaluated. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** A template and the assets that it refers to. */
export interface StackTemplate {
  readonly stackName: string;
  readonly resources: readonly TemplateResource[];
  /** Name of each condition -> its expression, not evaluated. */
  readonly conditions: JsonObject;
  /** Name of each output -> its value, not evaluated. */
  readonly outputs: JsonObject;
  /** Key of an asset in the asset bucket, such as `<hash>.zip` -> the folder with its content. */
  readonly assetFolders: ReadonlyMap<string, string>;
}

function readJson(file: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value)) throw new TypeError(`${file} contains no JSON object.`);
  return value;
}

/** The value if it is an object, else an empty object: for optional parts of a template. */
export function objectOr(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A stack in a cloud assembly, the folder that `cdk synth` writes. */
export interface AssemblyStack {
  readonly directory: string;
  /** Name of its files there, before `.template.json` and `.assets.json`. */
  readonly artifactId: string;
  readonly stackName: string;
}

function readAssetFolders({ directory, artifactId }: AssemblyStack): Map<string, string> {
  const manifest = readJson(join(directory, `${artifactId}.assets.json`));
  const folders = new Map<string, string>();
  for (const asset of Object.values(objectOr(manifest['files']))) {
    const { source, destinations } = objectOr(asset);
    const { path } = objectOr(source);
    for (const destination of Object.values(objectOr(destinations))) {
      const { objectKey } = objectOr(destination);
      if (typeof path === 'string' && typeof objectKey === 'string') {
        folders.set(objectKey, resolve(directory, path));
      }
    }
  }
  return folders;
}

/**
 * Reads a stack from a cloud assembly.
 *
 * @throws Error when the template or the list of assets is missing or is not JSON.
 */
export function readStackTemplate(stack: AssemblyStack): StackTemplate {
  const template = readJson(join(stack.directory, `${stack.artifactId}.template.json`));
  const resources = Object.entries(objectOr(template['Resources'])).flatMap(
    ([logicalId, resource]) => {
      const { Type: type, Properties: properties } = objectOr(resource);
      return typeof type === 'string'
        ? [{ logicalId, type, properties: objectOr(properties) }]
        : [];
    },
  );
  const outputs = Object.entries(objectOr(template['Outputs'])).map(
    ([name, output]) => [name, objectOr(output)['Value']] as const,
  );
  return {
    stackName: stack.stackName,
    resources,
    conditions: objectOr(template['Conditions']),
    outputs: Object.fromEntries(outputs),
    assetFolders: readAssetFolders(stack),
  };
}
