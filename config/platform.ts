/** What the platform team of an account prescribes to every stage in it. */

import * as v from 'valibot';
import {
  choice,
  crossCheck,
  fields,
  flag,
  list,
  matching,
  type Mistake,
  object,
  show,
} from './fields.ts';

/**
 * Tags that a resource can have.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
const MAX_TAGS = 50;

const TAG_TEXT = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;
const TAG_KEY = new RegExp(`^(?!aws:)${TAG_TEXT}{1,128}$`, 'iu');
const TAG_VALUE = new RegExp(`^${TAG_TEXT}{0,256}$`, 'u');

const TAG_CHARACTERS = 'letters, digits, spaces and _ . : / = + - @';

function valueProblem(value: unknown): string {
  return `${show(value)} is not the value of a tag; use a text of at most 256 ${TAG_CHARACTERS}`;
}

function* badTags(tags: Readonly<Record<string, string>>): Iterable<Mistake> {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) {
    yield { path: '', message: `has ${entries.length} tags; AWS allows at most ${MAX_TAGS}` };
  }
  for (const [key, value] of entries) {
    if (!TAG_KEY.test(key)) {
      const message = `is not the key of a tag; use 1 to 128 ${TAG_CHARACTERS}, and do not begin with aws:`;
      yield { path: key, message };
    } else if (!TAG_VALUE.test(value)) {
      yield { path: key, message: valueProblem(value) };
    }
  }
}

const Tags = v.pipe(
  object<Readonly<Record<string, string>>>(),
  v.record(
    v.string(),
    v.string(({ input }) => valueProblem(input)),
  ),
  crossCheck(badTags),
);

/** A list of IDs, with at least one and at most so many as Lambda takes. */
function ids(prefix: string, most: number): v.GenericSchema<readonly string[]> {
  const example = `${prefix}-0a1b2c3d`;
  return v.pipe(
    list(matching(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `write an ID such as ${example}`)),
    v.check(
      ({ length }) => length >= 1 && length <= most,
      ({ input }) => `has ${input.length} entries; Lambda takes 1 to ${most}`,
    ),
    v.description(`write a list of IDs such as ${example}`),
  );
}

/**
 * Network of the functions.
 * https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
 */
const Vpc = fields({
  /** Private subnets, best in two or more availability zones. */
  subnetIds: ids('subnet', 16),
  /** Security groups that allow outgoing HTTPS. */
  securityGroupIds: ids('sg', 5),
  /**
   * Put ingest into the network too. It calls SQS and Secrets Manager only.
   * @default false: delivery alone
   */
  ingest: v.exactOptional(flag, false),
});

function isProxyUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  const isBare = `${username}${password}${search}${hash}` === '' && pathname === '/';
  return (protocol === 'http:' || protocol === 'https:') && isBare;
}

/** Proxy between the functions and the internet. */
const Proxy = fields({
  /** Its address. It takes `CONNECT` without a password, because a template keeps no secret. */
  url: v.pipe(
    v.custom<string>(
      (value) => typeof value === 'string' && isProxyUrl(value),
      // Without the value, which may contain a password.
      'cannot be used; write scheme, host and port without user and password, such as http://proxy.example.com:3128',
    ),
    v.description('write the address of the proxy, such as http://proxy.example.com:3128'),
  ),
  /**
   * Hosts that are called without the proxy, such as those with a VPC endpoint.
   * @default []
   */
  noProxy: v.exactOptional(
    list(
      matching(
        /^\.?[a-z0-9][a-z0-9.-]*$/,
        'write a host in lower case, or a point and the end of names, such as .amazonaws.com',
      ),
    ),
    [],
  ),
});

/** The options of a stage for platform teams. */
export const platformFields = {
  /** Tags of the stack and of every resource that can have some. @default {} */
  tags: v.exactOptional(Tags, {}),
  /**
   * ARN of a managed policy that bounds the permissions of every role of the stage.
   * @default none
   */
  permissionsBoundaryArn: v.exactOptional(
    matching(
      /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      'write the ARN of a managed policy, such as arn:aws:iam::123456789012:policy/boundary',
    ),
  ),
  /** Path of the roles and managed policies of the stage in IAM. @default none: `/` */
  iamPath: v.exactOptional(
    matching(
      /^(?=.{3,512}$)\/(?:[\w+=,.@-]+\/)+$/,
      'begin and end with a slash, such as /applications/bridge/',
    ),
  ),
  /**
   * ARN of a KMS key of yours that `customerManagedKey` encrypts with, in the region of the stage.
   * Its policy must let the services of the stage use it: docs/deploying.md.
   * @default none: the stage makes a key
   */
  customerManagedKeyArn: v.exactOptional(
    matching(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      'write the ARN of a key, not of an alias, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
  ),
  /** Network of the functions. @default none: the network of Lambda, with access to the internet */
  vpc: v.exactOptional(Vpc),
  /**
   * Proxy for the calls of delivery to PagerDuty and AWS, and of ingest to AWS if ingest is in the
   * VPC.
   * @default none
   */
  proxy: v.exactOptional(Proxy),
  /**
   * Calls AWS by endpoints with validated cryptography (FIPS 140), which regions of the USA and
   * Canada have.
   * @default false
   */
  fipsEndpoints: v.exactOptional(flag, false),
  /** Processors of the functions. @default 'arm64': a fifth cheaper */
  architecture: v.exactOptional(choice(['arm64', 'x86_64']), 'arm64'),
  /**
   * Qualifier of the bootstrap stack that deploys the stage (`cdk bootstrap --qualifier`).
   * @default none: the one of CDK, hnb659fds
   */
  bootstrapQualifier: v.exactOptional(
    matching(/^[a-z0-9]{1,10}$/, 'a qualifier is 1 to 10 lower-case letters and digits'),
  ),
  /**
   * Makes two managed policies with the permissions of the operator's commands, for roles of yours:
   * one for those that only read, one for all.
   * @default false
   */
  operatorPolicies: v.exactOptional(flag, false),
};

/** What {@link platformConflicts} reads of a stage. */
interface PlatformStage {
  readonly account?: string;
  readonly region?: string;
  readonly customerManagedKey: boolean | 'decrypt-only';
  readonly customerManagedKeyArn?: string;
  readonly permissionsBoundaryArn?: string;
  readonly fipsEndpoints: boolean;
}

/** Checks the options for platform teams beside other settings. */
export function* platformConflicts(stage: PlatformStage): Iterable<Mistake> {
  const { account, region, customerManagedKeyArn, permissionsBoundaryArn } = stage;
  if (customerManagedKeyArn !== undefined && !stage.customerManagedKey) {
    yield {
      path: 'customerManagedKeyArn',
      message: 'is set, but customerManagedKey is not; add customerManagedKey: true',
    };
  }
  const keyRegion = customerManagedKeyArn?.split(':')[3];
  if (region !== undefined && keyRegion !== undefined && keyRegion !== region) {
    yield {
      path: 'customerManagedKeyArn',
      message: `is in ${keyRegion}, the stage in ${region}; services take keys of their own region`,
    };
  }
  const owner = permissionsBoundaryArn?.split(':')[4];
  if (account !== undefined && owner !== undefined && ![account, 'aws'].includes(owner)) {
    yield {
      path: 'permissionsBoundaryArn',
      message: `is in account ${owner}, the stage in ${account}; IAM takes policies of its own account`,
    };
  }
  if (stage.fipsEndpoints && region !== undefined && !/^(?:us|ca)-/.test(region)) {
    yield {
      path: 'fipsEndpoints',
      message: `is on, but ${region} has no FIPS endpoints; use a region of the USA or Canada, or remove it`,
    };
  }
}
