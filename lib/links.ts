import { Aws, CfnCondition, Fn, Stack } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';

/** The runbook in this project, for a stage that has no address of it. */
export const RUNBOOK_FILE = 'docs/runbook.md';

/** Domain of the console in the partition `aws`, and in one that is not known here. */
const CONSOLE_DOMAIN = 'console.aws.amazon.com';

/**
 * Domain of the console in the other partitions.
 * https://docs.aws.amazon.com/general/latest/gr/rande.html
 */
const OTHER_CONSOLE_DOMAINS = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
} as const;

/** Domain of the console of a stack without a region, which CloudFormation finds by its partition. */
class ConsoleDomain extends Construct {
  readonly domain: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.domain = Object.entries(OTHER_CONSOLE_DOMAINS).reduceRight(
      (otherwise, [partition, domain]) => {
        const expression = Fn.conditionEquals(Aws.PARTITION, partition);
        const { logicalId } = new CfnCondition(this, partition, { expression });
        return Fn.conditionIf(logicalId, domain, otherwise).toString();
      },
      CONSOLE_DOMAIN,
    );
  }
}

function consoleDomain(stack: Stack): string {
  const region = RegionInfo.regions.find(({ name }) => name === stack.region);
  if (region !== undefined) {
    const known = Object.entries(OTHER_CONSOLE_DOMAINS).find(([name]) => name === region.partition);
    return known?.[1] ?? CONSOLE_DOMAIN;
  }
  const existing = stack.node.tryFindChild('Console');
  const console =
    existing instanceof ConsoleDomain ? existing : new ConsoleDomain(stack, 'Console');
  return console.domain;
}

/** Address of a page of the CloudWatch console, in the region of a construct's stack. */
export function consoleUrl(scope: Construct, page: string): string {
  const stack = Stack.of(scope);
  return `https://${stack.region}.${consoleDomain(stack)}/cloudwatch/home?region=${stack.region}#${page}`;
}
