import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../bundle.ts';

/** Tables of the CLI: `securityChanges` has their content, and a table does not fit 100 columns. */
const TABLE = /^(?:IAM (?:Statement|Policy) Changes|Security Group Changes)$|^[┌│├└]/u;

/** Other lines that say nothing about the change. */
const CHATTER = /^Stack |^\(NOTE: There may be security-related changes|Number of stacks with/u;

/**
 * The changes of resources and outputs as `cdk diff` shows them, with what CloudFormation would
 * replace. Both sides are files, so it needs no credentials.
 *
 * @param assembly directory of the synthesised app
 * @param reviewed path of the reviewed template
 * @throws Error with the output of the CLI when it fails
 */
export function resourceChanges(
  stage: string,
  assembly: string,
  reviewed: string,
): readonly string[] {
  const cdk = join(PROJECT_ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cdk, 'diff', stage, '--app', assembly, '--template', reviewed, '--no-notices'],
    {
      cwd: assembly,
      encoding: 'utf8',
      env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true', NO_COLOR: '1' },
    },
  );
  // The CLI writes the difference to standard error.
  const output = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`cdk diff failed:\n${output}`);
  return withoutTables(output);
}

/** The lines of `cdk diff` that are about resources and outputs. */
function withoutTables(output: string): readonly string[] {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !TABLE.test(line) && !CHATTER.test(line));
}
