/** The secrets of a stack, with the versions and staging labels of Secrets Manager. */

import { randomUUID } from 'node:crypto';

/** One version of a secret. */
export interface SecretVersion {
  readonly id: string;
  readonly text: string;
  readonly createdAt: Date;
  /** Staging labels, such as AWSCURRENT. */
  readonly labels: Set<string>;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: Date;
  changedAt: Date;
  readonly versions: SecretVersion[];
}

/** Result of `DescribeSecret`. */
export interface SecretDescription {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** ID of each version that has labels -> its labels. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

/** A refusal, with the code and the words of Secrets Manager. */
export class SecretError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Secrets by ARN, by ARN without its six random characters, or by name. All throw {@link SecretError}. */
export interface SecretStore {
  /** Creates a secret with a first version that is AWSCURRENT. */
  readonly create: (arn: string, name: string, text: string) => void;
  /** A version by its ID, by a label, or by both. @default the version that is AWSCURRENT */
  readonly get: (id: string, versionId?: string, label?: string) => SecretVersion;
  /** Adds a version. The same token with the same text again changes nothing. */
  readonly put: (
    id: string,
    text: string,
    labels?: readonly string[],
    token?: string,
  ) => SecretVersion;
  /** Moves a staging label from one version to another, or removes it. */
  readonly moveLabel: (id: string, label: string, from?: string, to?: string) => void;
  readonly describe: (id: string) => SecretDescription;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

function labelled({ versions }: Secret, label: string): SecretVersion | undefined {
  return versions.find(({ labels }) => labels.has(label));
}

/** Gives a label to a version; the version that loses AWSCURRENT becomes AWSPREVIOUS. */
function giveLabel(secret: Secret, label: string, version: SecretVersion): void {
  const holder = labelled(secret, label);
  if (holder === version) return;
  holder?.labels.delete(label);
  version.labels.add(label);
  if (label === CURRENT && holder !== undefined) {
    labelled(secret, PREVIOUS)?.labels.delete(PREVIOUS);
    version.labels.delete(PREVIOUS);
    holder.labels.add(PREVIOUS);
  }
}

function addVersion(
  secret: Secret,
  text: string,
  labels: readonly string[] = [CURRENT],
  id: string = randomUUID(),
): SecretVersion {
  const existing = secret.versions.find((version) => version.id === id);
  if (existing !== undefined) {
    if (existing.text === text) return existing;
    throw new SecretError(
      'ResourceExistsException',
      "You can't use ClientRequestToken again for another value: that version exists.",
    );
  }
  const version = { id, text, createdAt: new Date(), labels: new Set<string>() };
  secret.versions.push(version);
  secret.changedAt = version.createdAt;
  // A secret always has a current value, so its first version is AWSCURRENT in any case.
  const given = secret.versions.length === 1 ? new Set([CURRENT, ...labels]) : new Set(labels);
  for (const label of given) giveLabel(secret, label, version);
  return version;
}

function findVersion(secret: Secret, id: string | undefined, label: string | undefined) {
  const wanted = label ?? CURRENT;
  const version =
    id === undefined
      ? labelled(secret, wanted)
      : secret.versions.find(
          (one) => one.id === id && (label === undefined || one.labels.has(label)),
        );
  if (version !== undefined) return version;
  const what = id === undefined ? `staging label: ${wanted}` : `VersionId: ${id}`;
  throw new SecretError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

/** Makes a store without secrets. */
export function createSecretStore(): SecretStore {
  const secrets: Secret[] = [];

  const find = (id: string): Secret => {
    const secret = secrets.find(
      ({ arn, name }) => id === arn || id === name || id === arn.slice(0, -7),
    );
    if (secret !== undefined) return secret;
    throw new SecretError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  };

  return {
    create: (arn, name, text) => {
      const now = new Date();
      const secret = { arn, name, createdAt: now, changedAt: now, versions: [] };
      addVersion(secret, text);
      secrets.push(secret);
    },
    get: (id, versionId, label) => findVersion(find(id), versionId, label),
    put: (id, text, labels, token) => addVersion(find(id), text, labels, token),
    moveLabel: (id, label, from, to) => {
      const secret = find(id);
      const holder = labelled(secret, label);
      if (holder !== undefined && holder.id !== to && holder.id !== from) {
        throw new SecretError(
          'InvalidParameterException',
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
      if (to === undefined) holder?.labels.delete(label);
      else giveLabel(secret, label, findVersion(secret, to, undefined));
    },
    describe: (id) => {
      const { versions, ...rest } = find(id);
      const withLabels = versions.filter(({ labels }) => labels.size > 0);
      return {
        ...rest,
        versions: Object.fromEntries(withLabels.map((one) => [one.id, [...one.labels]])),
      };
    },
  };
}
