import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';

/** Table of open incidents in DynamoDB. Bundled as a file of its own; see `lib/bundle.ts`. */
export function openIncidentsTable(options: { readonly region: string; readonly name: string }) {
  const client = new DynamoDBClient({ region: options.region });
  return {
    isReachable: async (): Promise<boolean> => {
      await client.send(new ScanCommand({ TableName: options.name, Limit: 1 }));
      return true;
    },
  };
}
