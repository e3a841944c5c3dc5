import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import type { AuthorizationRequest } from '../../../local/iam/authorization.ts';

const TableName = 'incidents';
const ARN = 'arn:aws:dynamodb:eu-west-1:000000000000:table/incidents';

let asked: AuthorizationRequest[];
let isAllowed: boolean;
let aws: AwsEndpoint;
let client: DynamoDBClient;

beforeEach(async () => {
  asked = [];
  isAllowed = true;
  aws = await startAwsEndpoint({
    region: 'eu-west-1',
    authorize: (request) => {
      asked.push(request);
      const { action, resourceArn } = request;
      return isAllowed ? undefined : { action, resourceArn, because: 'because of this test' };
    },
  });
  client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: aws.url,
    credentials: aws.register({ name: 'tester', roleArn: 'arn:aws:iam::0:role/tester' }),
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await aws.stop();
});

function createTable(): Promise<void> {
  return aws.tables.createTable({
    name: TableName,
    arn: ARN,
    attributes: [{ AttributeName: 'incident', AttributeType: 'S' }],
    keys: [{ AttributeName: 'incident', KeyType: 'HASH' }],
  });
}

const key = (incident: string) => ({ TableName, Key: { incident: { S: incident } } });

/** Sets `due`, only if it has the value `was`. */
function setDue(incident: string, due: number, was?: number) {
  const condition =
    was === undefined
      ? { ConditionExpression: 'attribute_not_exists(due)' }
      : { ConditionExpression: 'due = :was' };
  return client.send(
    new UpdateItemCommand({
      ...key(incident),
      ...condition,
      UpdateExpression: 'SET due = :due',
      ExpressionAttributeValues: {
        ':due': { N: String(due) },
        ...(was === undefined ? {} : { ':was': { N: String(was) } }),
      },
      ReturnValues: 'ALL_OLD',
    }),
  );
}

async function dueBy(now: number): Promise<readonly string[]> {
  const { Items: items = [] } = await client.send(
    new ScanCommand({
      TableName,
      ConsistentRead: true,
      FilterExpression: 'due <= :now',
      ExpressionAttributeValues: { ':now': { N: String(now) } },
    }),
  );
  return items.map(({ incident }) => incident?.S ?? '').toSorted();
}

describe('DynamoDB through the AWS endpoint', () => {
  test('writes on a condition, finds by a filter, and deletes', async () => {
    await createTable();
    const { Attributes: before } = await setDue('a', 10);
    expect(before).toBeUndefined();
    await setDue('b', 20);
    await expect(setDue('a', 30, 11)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    const { Attributes: old } = await setDue('a', 15, 10);
    expect(old).toEqual({ incident: { S: 'a' }, due: { N: '10' } });
    expect(await dueBy(14)).toEqual([]);
    expect(await dueBy(20)).toEqual(['a', 'b']);
    await client.send(new DeleteItemCommand(key('a')));
    expect(await dueBy(20)).toEqual(['b']);
  });

  test('asks for the permission on the table, and refuses in the words of AWS', async () => {
    await createTable();
    await dueBy(0);
    expect(asked.map(({ action, resourceArn }) => [action, resourceArn])).toEqual([
      ['dynamodb:Scan', ARN],
    ]);
    isAllowed = false;
    await expect(setDue('a', 1)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `is not authorized to perform: dynamodb:UpdateItem on resource: ${ARN}`,
      ),
    });
    isAllowed = true;
    expect(await dueBy(1_000)).toEqual([]);
  });

  test('fails on purpose: the write is done, and its answer is lost', async () => {
    await createTable();
    aws.faults.add({
      action: 'dynamodb:UpdateItem',
      times: 1,
      effect: { kind: 'lose-answer' },
    });
    await expect(setDue('a', 10)).rejects.toThrow('socket hang up');
    expect(await dueBy(10)).toEqual(['a']);
    aws.faults.add({
      action: 'dynamodb:Scan',
      times: 1,
      effect: { kind: 'respond', status: 500, code: 'InternalServerError' },
    });
    await expect(dueBy(10)).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(aws.callCounts()).toMatchObject({ 'tester dynamodb:Scan': 2 });
  });

  test('has no table before one is created', async () => {
    await expect(dueBy(0)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
