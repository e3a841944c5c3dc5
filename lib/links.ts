import { Aws } from 'aws-cdk-lib';

/** The runbook in this project, for a stage that has no address of it. */
export const RUNBOOK_FILE = 'docs/runbook.md';

/** Address of a page of the CloudWatch console, in the region of the stack. */
export function consoleUrl(page: string): string {
  return `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#${page}`;
}
