/**
 * DynamoDB on this machine: dynalite. It does not delete rows by their time to live, which DynamoDB
 * does within days.
 */

import { Readable } from 'node:stream';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { failure, type AwsResponse, type AwsService } from '../aws-endpoint/protocol.ts';
import type { TableModel } from '../stack/model.ts';
import { objectOr } from '../stack/template.ts';

/** The tables of a stack. */
export interface TableService {
  readonly call: AwsService;
  /** Creates a table. The first one loads dynalite, which a stack without tables does not need. */
  readonly createTable: (table: TableModel) => Promise<void>;
}

/** dynalite checks no signature, but refuses a request without one. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

/** What dynalite uses of a request and of its response. */
type Listener = (request: unknown, response: unknown) => void;

/** Passes an operation to dynalite's listener, without a connection. */
function ask(listener: Listener, operation: string, input: JsonObject): Promise<AwsResponse> {
  const body = Buffer.from(JSON.stringify(input));
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization: AUTHORIZATION,
  };
  const request = Object.assign(Readable.from([body]), { method: 'POST', url: '/', headers });
  return new Promise((resolve, reject) => {
    const response = {
      statusCode: 200,
      setHeader: () => {},
      end: (text: string) => {
        try {
          const value: unknown = JSON.parse(text);
          resolve({ status: response.statusCode, body: objectOr(value) });
        } catch (error) {
          reject(new Error(`dynalite answered no JSON to ${operation}.`, { cause: error }));
        }
      },
    };
    listener(request, response);
  });
}

/** Makes a value at the first call, and returns the same one afterwards. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * Loads dynalite, once per process. It takes a tenth of a second, and Jest refuses an import in the
 * moment between two concurrent tests.
 */
const loadDynalite = once(async () => import('dynalite'));

/** Starts dynalite and returns the listener that answers its requests. */
async function startDynalite(): Promise<Listener> {
  const { default: dynalite } = await loadDynalite();
  const server = dynalite({ createTableMs: 0 });
  return (request, response) => server.emit('request', request, response);
}

/** Makes the service; it has no tables. */
export function createTableService(): TableService {
  let listener: Listener | undefined;

  const call: AwsService = async (operation, input) =>
    listener === undefined
      ? failure(
          400,
          'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',
          'Requested resource not found',
        )
      : ask(listener, operation, input);

  const statusOf = async (name: string): Promise<unknown> => {
    const { body } = await call('DescribeTable', { TableName: name });
    const { Table: table } = body;
    return isJsonObject(table) ? table['TableStatus'] : undefined;
  };

  return {
    call,
    createTable: async ({ name, attributes, keys }) => {
      listener ??= await startDynalite();
      const answer = await call('CreateTable', {
        TableName: name,
        AttributeDefinitions: attributes,
        KeySchema: keys,
        BillingMode: 'PAY_PER_REQUEST',
      });
      if (answer.status !== 200) {
        throw new Error(`The table ${name} cannot be created: ${String(answer.body['message'])}`);
      }
      // dynalite makes it active in a later turn of the event loop.
      while ((await statusOf(name)) !== 'ACTIVE') {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
    },
  };
}
