/** Time of a request to ingest, compared with the message that it sends. */

import { writeEventMessage } from '../lambda/shared/message.ts';
import { startAwsEndpoint } from '../local/aws-endpoint/aws-endpoint.ts';
import { LOCAL_ACCOUNT, LOCAL_PARTITION } from '../local/stack/physical.ts';
import { withFolder } from './measuring/folder.ts';
import { compare, type Measurement, quantile, type Row } from './measuring/row.ts';
import { TOKEN } from './measuring/servers.ts';
import { startChild } from './measuring/child.ts';
import { thresholdEvent } from './measuring/events.ts';
import {
  buildFunction,
  EVENTS_QUEUE,
  functionEnvironment,
  SECRET_ARNS,
} from './measuring/function.ts';

const WARM_UP = 500;
const RUNS = 3_000;

const REGION = 'us-east-1';
const QUEUE = {
  logicalId: 'Events',
  name: EVENTS_QUEUE,
  url: '',
  arn: `arn:${LOCAL_PARTITION}:sqs:${REGION}:${LOCAL_ACCOUNT}:${EVENTS_QUEUE}`,
  attributes: {},
};

/** A request in the form of API Gateway. */
function requestOf(body: string): object {
  return {
    version: '2.0',
    routeKey: 'POST /webhook/{token}',
    rawPath: `/webhook/${TOKEN}`,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', 'user-agent': 'Glasnostic' },
    pathParameters: { token: TOKEN },
    requestContext: {
      requestId: 'request-1',
      http: { method: 'POST', path: `/webhook/${TOKEN}`, sourceIp: '127.0.0.1' },
    },
    body,
    isBase64Encoded: false,
  };
}

const measurement: Measurement = {
  about: 'requests that the ingest bundle answers, one after the other, in one warm process',
  seconds: 10,
  measure: async (progress) =>
    withFolder(async (folder) => {
      const aws = await startAwsEndpoint({ region: REGION });
      aws.secrets.create(SECRET_ARNS.token, 'token', TOKEN);
      await aws.queues.createQueue(QUEUE);
      const credentials = aws.register({ name: 'ingest' });
      const child = startChild(
        'ingest-warm/process.ts',
        functionEnvironment({ awsUrl: aws.url, credentials }),
      );
      try {
        progress(`${RUNS} requests, and as many messages`);
        const text = JSON.stringify(thresholdEvent('4', Date.now()));
        const receivedAt = new Date().toISOString();
        const answer = await child.ask({
          code: buildFunction('ingest', folder),
          event: requestOf(text),
          queueUrl: `${aws.url}/${LOCAL_ACCOUNT}/${EVENTS_QUEUE}`,
          body: writeEventMessage({ receivedAt, requestId: 'request-1' }, text),
          groupId: 'platform',
          warmUp: WARM_UP,
          runs: RUNS,
        });
        return [rowOf(timesOf(answer['handler']), timesOf(answer['bare']))];
      } finally {
        await child.stop();
        await aws.stop();
      }
    }),
};

/** Milliseconds that the process measured. */
function timesOf(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error('The process sent no times.');
  return value.map(Number);
}

function tailOf(times: readonly number[]): string {
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  return `p99 ${quantile(times, 0.99).toFixed(2)} ms, ${(times.length / seconds).toFixed(0)}/s`;
}

function rowOf(values: readonly number[], bare: readonly number[]): Row {
  return compare({
    measurement: 'ingest, warm: a request',
    unit: 'ms',
    values,
    baseline: { name: 'a bare SendMessage by the SDK', values: bare },
    limit: 1.3,
    note: `one after the other, to the same queue; ${tailOf(values)}; bare: ${tailOf(bare)}`,
  });
}

export default measurement;
