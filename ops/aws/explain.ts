/** Explains any failure in one sentence with the next step. */

import { codeOf, OperatorError } from '../errors.ts';
import { failedCall, type AwsCall } from './calls.ts';
import { statusOf } from './faults.ts';

/** Facts that an explanation may name. */
export interface Where {
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** The stage is the local bridge's. */
  readonly isLocal: boolean;
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly call: AwsCall | undefined;
  readonly status: number | undefined;
  readonly where: Where;
}

type Rule = (failure: Failure) => string | undefined;

const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const UNKNOWN_KEY =
  /^(?:UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature)$/;
const DENIED =
  /^(?:(?:Kms|KMS\.)?AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError)$/;
const NO_QUEUE = /QueueDoesNotExist|NonExistentQueue/;
const UNREACHABLE =
  /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE)$/;

/** The command to log in again, with the profile that was used. */
function login({ profile }: Where): string {
  return `aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`;
}

/** Action and resource as AWS's message names them, which is exact; else those of the call. */
function denied(message: string, call: AwsCall | undefined): AwsCall {
  return {
    action:
      /not authorized to perform:? ([\w-]+:\w+)/i.exec(message)?.[1] ??
      call?.action ??
      'an unknown action',
    resource: /on resource:? (\S+?)[.,]?(?:\s|$)/i.exec(message)?.[1] ?? call?.resource ?? '*',
  };
}

/** The end of an SSO session is an error of the credential chain with its own message. */
const credentials: Rule = ({ name, message, where }) => {
  const isChain = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name);
  if (EXPIRED.test(name) || (isChain && /expired|refresh/i.test(message))) {
    return `Your AWS credentials have expired; log in again, for instance with: ${login(where)}`;
  }
  if (!isChain) return undefined;
  return where.profile === undefined
    ? `There are no AWS credentials here; log in (for instance with: ${login(where)}), or choose a profile with --profile.`
    : `The profile ${where.profile} gives no AWS credentials; check its name in ~/.aws/config, or log in with: ${login(where)}`;
};

const unknownKey: Rule = ({ name, where }) => {
  if (!UNKNOWN_KEY.test(name)) return undefined;
  return where.isLocal
    ? 'The local bridge was started again in the meantime and does not know the credentials of this command any more; run it again.'
    : `AWS does not accept these credentials (${name}); check the profile, the region (${where.region ?? 'none set'}) and this machine's clock, or log in with: ${login(where)}`;
};

const permission: Rule = ({ name, message, call, status }) => {
  if (!DENIED.test(name) && !(status === 403 && call !== undefined)) return undefined;
  const { action, resource } = denied(message, call);
  return `You are not allowed to do ${action} on ${resource}; ask the owner of the bridge for the policy of this command in docs/operator-permissions.md.`;
};

const missing: Rule = ({ name, message, call, where }) => {
  if (NO_QUEUE.test(name)) {
    return `The queue ${call?.resource ?? ''} is not there any more; if the stage was deployed again, run the command again, else deploy it.`;
  }
  if (name === 'ResourceNotFoundException') {
    if (call?.action.startsWith('logs:') === true) {
      return `The log group ${call.resource} is not there; see that the region is right, or deploy the stage${where.stage === undefined ? '' : ` ${where.stage}`} again.`;
    }
    const [what, orElse] = call?.action.startsWith('dynamodb:')
      ? ['table', '']
      : ['secret', ', or has no value'];
    return `The ${what} ${call?.resource ?? ''} is not there any more${orElse}; deploy the stage${where.stage === undefined ? '' : ` ${where.stage}`} again.`;
  }
  if (/Region is missing/i.test(message)) {
    return 'No AWS region is set; add --region, set AWS_REGION, or give the stage a region in config/.';
  }
  return undefined;
};

const network: Rule = ({ name, message, code, call, where }) => {
  const timedOut = name === 'TimeoutError' || /timed? ?out/i.test(message);
  if (!UNREACHABLE.test(code) && !timedOut) return undefined;
  const reason = code === '' ? 'no answer in time' : code;
  return where.isLocal
    ? `The local bridge does not answer any more (${reason}); see whether "npm start" still runs.`
    : `AWS cannot be reached for ${call?.action ?? 'the call'} (${reason}); check the network, and whether the region${where.region === undefined ? '' : ` ${where.region}`} is right.`;
};

const throttled: Rule = ({ name, call }) =>
  /Throttl|TooManyRequests|RequestLimit/i.test(name)
    ? `AWS throttles ${call?.action ?? 'the call'}; wait a minute and run the command again.`
    : undefined;

const RULES: readonly Rule[] = [credentials, unknownKey, permission, missing, network, throttled];

/** One sentence for the operator: the failure and the next step. Holds no secret. */
export function explain(error: unknown, where: Where): string {
  if (error instanceof OperatorError) return error.message;
  const failure: Failure = {
    name: error instanceof Error ? error.name : '',
    message: error instanceof Error ? error.message : String(error),
    code: codeOf(error),
    call: failedCall(error),
    status: statusOf(error),
    where,
  };
  for (const rule of RULES) {
    const sentence = rule(failure);
    if (sentence !== undefined) return sentence;
  }
  const during = failure.call === undefined ? '' : ` during ${failure.call.action}`;
  const what = failure.message === '' ? failure.name : failure.message;
  return `It failed${during}: ${what} (run it again with --debug to see where).`;
}
