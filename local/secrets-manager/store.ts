/** The secrets of a stack, with the versions and staging labels of Secrets Manager. */

import { randomUUID } from 'node:crypto';

/** One version of a secret. */
interface SecretVersion {
  readonly id: string;
  readonly text: string;
  readonly createdAt: Date;
  readonly stages: Set<string>;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: Date;
  changedAt: Date;
  readonly versions: Map<string, SecretVersion>;
}

/** A version as a reader sees it. */
export interface SecretView {
  readonly arn: string;
  readonly name: string;
  readonly versionId: string;
  readonly text: string;
  readonly stages: readonly string[];
  readonly createdAt: Date;
}

/** What `DescribeSecret` tells. */
export interface SecretDescription {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

/** Why a secret could not be read or changed, in Secrets Manager's words. */
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
  readonly get: (id: string, version?: { id?: string; stage?: string }) => SecretView;
  /** Adds a version. The same token with the same text again changes nothing. */
  readonly put: (
    id: string,
    text: string,
    stages?: readonly string[],
    token?: string,
  ) => SecretView;
  /** Moves a staging label to a version, or takes it off one. */
  readonly moveStage: (id: string, stage: string, from?: string, to?: string) => SecretDescription;
  readonly describe: (id: string) => SecretDescription;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

function holderOf(secret: Secret, stage: string): SecretVersion | undefined {
  return [...secret.versions.values()].find(({ stages }) => stages.has(stage));
}

/** Gives a label to a version; the version that loses AWSCURRENT becomes AWSPREVIOUS. */
function giveStage(secret: Secret, stage: string, version: SecretVersion): void {
  const holder = holderOf(secret, stage);
  if (holder === version) return;
  holder?.stages.delete(stage);
  version.stages.add(stage);
  if (stage === CURRENT && holder !== undefined) {
    holderOf(secret, PREVIOUS)?.stages.delete(PREVIOUS);
    version.stages.delete(PREVIOUS);
    holder.stages.add(PREVIOUS);
  }
}

function view(secret: Secret, version: SecretVersion): SecretView {
  const { arn, name } = secret;
  const { id, text, stages, createdAt } = version;
  return { arn, name, versionId: id, text, stages: [...stages], createdAt };
}

function describe(secret: Secret): SecretDescription {
  const { arn, name, createdAt, changedAt, versions } = secret;
  const labelled = [...versions.values()].filter(({ stages }) => stages.size > 0);
  return {
    arn,
    name,
    createdAt,
    changedAt,
    versions: Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]])),
  };
}

function addVersion(
  secret: Secret,
  text: string,
  stages: readonly string[] = [CURRENT],
  id: string = randomUUID(),
): SecretVersion {
  const existing = secret.versions.get(id);
  if (existing !== undefined) {
    if (existing.text === text) return existing;
    throw new SecretError(
      'ResourceExistsException',
      "You can't use ClientRequestToken again for another value: that version exists.",
    );
  }
  const version = { id, text, createdAt: new Date(), stages: new Set<string>() };
  secret.versions.set(id, version);
  secret.changedAt = version.createdAt;
  // A secret always has a current value, whatever label its first version asks for.
  const labels = secret.versions.size === 1 ? new Set([CURRENT, ...stages]) : new Set(stages);
  for (const stage of labels) giveStage(secret, stage, version);
  return version;
}

function findVersion(
  secret: Secret,
  { id, stage }: { id?: string; stage?: string },
): SecretVersion {
  const found = id === undefined ? holderOf(secret, stage ?? CURRENT) : secret.versions.get(id);
  if (found !== undefined && (id === undefined || stage === undefined || found.stages.has(stage))) {
    return found;
  }
  const what = id === undefined ? `staging label: ${stage ?? CURRENT}` : `VersionId: ${id}`;
  throw new SecretError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

/** Starts without secrets. */
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
      const secret = { arn, name, createdAt: now, changedAt: now, versions: new Map() };
      addVersion(secret, text);
      secrets.push(secret);
    },
    get: (id, version = {}) => {
      const secret = find(id);
      return view(secret, findVersion(secret, version));
    },
    put: (id, text, stages, token) => {
      const secret = find(id);
      return view(secret, addVersion(secret, text, stages, token));
    },
    moveStage: (id, stage, from, to) => {
      const secret = find(id);
      const holder = holderOf(secret, stage);
      if (holder !== undefined && holder.id !== to && holder.id !== from) {
        throw new SecretError(
          'InvalidParameterException',
          `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
      if (to !== undefined) giveStage(secret, stage, findVersion(secret, { id: to }));
      else holder?.stages.delete(stage);
      return describe(secret);
    },
    describe: (id) => describe(find(id)),
  };
}
