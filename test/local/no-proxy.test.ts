import { execFile } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

import { callLoopbackDirectly } from '../../local/no-proxy.ts';
import { secretsClient } from '../../ops/aws/clients.ts';
import { connectProxy } from '../../testkit/connect-proxy.ts';
import { httpServer } from '../../testkit/loopback.ts';
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

  test('do not reach a command on the local bridge', async () => {
    const called: string[] = [];
    const bridge = await httpServer((_, response) => {
      called.push('bridge');
      response.writeHead(404).end();
    });
    const proxy = await connectProxy((client) => {
      called.push('proxy');
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const url = `http://127.0.0.1:${bridge.port}`;
    const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    const run = async (...args: readonly string[]): Promise<void> =>
      new Promise((resolve) => {
        execFile(process.execPath, args, { cwd: ROOT, env }, () => resolve());
      });
    try {
      await run('bin/ops.ts', '--stage', 'local', '--bridge-url', url, 'url');
      expect(new Set(called)).toEqual(new Set(['bridge']));
      // A process without the command's exception does call the proxy.
      await run('--eval', `fetch('${url}').catch(() => {})`);
      expect(called.at(-1)).toBe('proxy');
    } finally {
      await Promise.all([bridge.close(), proxy.close()]);
    }
  });

  test('FIPS endpoints are not for an own address', async () => {
    const local = secretsClient({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' });
    expect(await local.config.useFipsEndpoint()).toBe(false);
  });
});
