import { spawnSync } from 'node:child_process';

import { describe, expect, test } from '@jest/globals';

import { callLoopbackDirectly } from '../../local/no-proxy.ts';
import { secretsClient } from '../../ops/aws/clients.ts';
import { ROOT } from '../support/markdown.ts';

describe('the settings of a machine behind a proxy', () => {
  test.each([
    [{}, '127.0.0.1,localhost,::1'],
    [{ NO_PROXY: 'corp.example' }, 'corp.example,127.0.0.1,localhost,::1'],
    [{ no_proxy: 'corp.example' }, 'corp.example,127.0.0.1,localhost,::1'],
  ])('%j', (env: NodeJS.ProcessEnv, expected) => {
    callLoopbackDirectly(env);
    callLoopbackDirectly(env);
    expect(env).toEqual({ NO_PROXY: expected, no_proxy: expected });
  });

  test('do not reach a command on the local bridge', () => {
    const { stderr } = spawnSync(
      process.execPath,
      ['bin/ops.ts', '--stage', 'local', '--bridge-url', 'http://127.0.0.1:1', '--debug', 'url'],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:2' },
      },
    );
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).not.toContain('127.0.0.1:2');
  });

  test('FIPS endpoints are not for an own address', async () => {
    const local = secretsClient({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' });
    expect(await local.config.useFipsEndpoint()).toBe(false);
  });
});
