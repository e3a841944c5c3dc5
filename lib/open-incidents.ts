import {
  AttributeType,
  BillingMode,
  CfnTable,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENV } from '../lambda/shared/environment.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { Storage } from './storage.ts';

/** Properties of {@link OpenIncidents}. */
export interface OpenIncidentsProps {
  readonly storage: Storage;
}

/**
 * The table of open incidents of a stage that resolves them. It is billed per request, because a
 * quiet stage makes one request per minute.
 *
 * It has no point-in-time recovery. A row is of use for one quiet time: the next event writes it
 * again. A restored table would have a new name, and rows of incidents that were resolved since.
 */
export class OpenIncidents extends Construct {
  readonly table: Table;

  readonly #storage: Storage;

  constructor(scope: Construct, id: string, props: OpenIncidentsProps) {
    super(scope, id);
    const { storage } = props;
    this.#storage = storage;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'incident', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires',
      removalPolicy: storage.removalPolicy,
      ...(storage.encryptionKey === undefined
        ? { encryption: TableEncryption.DEFAULT }
        : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: storage.encryptionKey }),
    });
    storage.stageKey?.allowBefore(this.table);
    const { defaultChild } = this.table.node;
    // CloudFormation might keep the key of a table that no longer says how it is encrypted.
    if (
      storage.stageKey !== undefined &&
      storage.encryptionKey === undefined &&
      defaultChild instanceof CfnTable
    ) {
      defaultChild.sseSpecification = { sseEnabled: false };
    }
  }

  /**
   * Lets a function read and write the rows, and sets the variable with the table's name. With a key
   * of the stage, DynamoDB decrypts the table's own key for the caller.
   * https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
   */
  grantUse(fn: BridgeFunction): void {
    fn.allow(['dynamodb:DeleteItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'], this.table.tableArn);
    this.#storage.stageKey?.grantDecrypt(fn.role);
    fn.setVariable(ENV.openIncidentsTable, this.table.tableName);
  }
}
