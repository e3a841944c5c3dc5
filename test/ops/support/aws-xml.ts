/** Answers of AWS's services that use XML. */

/** An answer that a test wants from AWS. */
export interface AwsFault {
  /** The operation, such as `DescribeStacks`. */
  readonly operation: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const ACCOUNT = '111122223333';

/** Text between two tags. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Answer of CloudFormation about one stack. */
export function describeStacks(name: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs)
    .map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${escapeXml(value)}</OutputValue></member>`,
    )
    .join('');
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><StackId>arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/${name}/1</StackId><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

/** Answer of SNS. */
export function snsResponse(operation: string, result: string): string {
  return `<${operation}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${operation}Result>${result}</${operation}Result></${operation}Response>`;
}

/** Answer of a service with an error. */
export function xmlError({ code, message }: AwsFault): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}
