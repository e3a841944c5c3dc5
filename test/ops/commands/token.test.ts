/** The webhook token: rotated, revoked, and refused where it does not fit a URL. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { type Deployed, startDeployed } from '../support/deployed.ts';
import { run } from '../support/run.ts';

let deployed: Deployed;

beforeEach(async () => {
  deployed = await startDeployed();
});

afterEach(async () => {
  await deployed.stop();
});

/** The texts of the versions that ingest accepts. */
function accepted(): { readonly current: string; readonly previous: string | undefined } {
  const { secrets } = deployed.queues.gateway;
  const labels = Object.values(secrets.describe('token').versions).flat();
  return {
    current: secrets.get('token').text,
    previous: labels.includes('AWSPREVIOUS')
      ? secrets.get('token', undefined, 'AWSPREVIOUS').text
      : undefined,
  };
}

const OLD = 'T'.repeat(43);

describe('token rotate', () => {
  test('makes a new token that fits a URL, keeps the old one, and prints neither', async () => {
    const ran = await run(['token', 'rotate']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const { current, previous } = accepted();
    expect(current).toMatch(/^[\w-]{43}$/);
    expect(previous).toBe(OLD);
    for (const token of [current, OLD]) expect(ran.stdout).not.toContain(token);
    expect(ran.stdout).toMatch(/\.\/bridge url\n[^]*\.\/bridge token revoke/);
    const { stdout } = await run(['url']);
    expect(stdout.trim().split('/').at(-1)).toBe(current);
  });

  test('asks before it ends a token that is still accepted', async () => {
    await run(['token', 'rotate']);
    const before = accepted();
    // Without a terminal to ask.
    expect(await run(['token', 'rotate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(accepted()).toEqual(before);
    const ran = await run(['token', 'rotate', '--yes', '--json']);
    expect(JSON.parse(ran.stdout)).toEqual({ rotated: true, revoked: true });
    expect(accepted().previous).toBe(before.current);
  });

  test('by two commands at the same moment is done once', async () => {
    const both = await Promise.all([run(['token', 'rotate']), run(['token', 'rotate'])]);
    expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 1]));
    expect(both.map(({ stderr }) => stderr).join('')).toContain('at the same moment');
    expect(accepted().previous).toBe(OLD);
  });

  test('leaves no label of its own behind', async () => {
    await run(['token', 'rotate']);
    const { versions } = deployed.queues.gateway.secrets.describe('token');
    expect(Object.values(versions).flat().toSorted()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });
});

describe('token revoke', () => {
  test('ends the token before the current one', async () => {
    await run(['token', 'rotate']);
    const { current } = accepted();
    expect(await run(['token', 'revoke'])).toMatchObject({ code: 2 });
    expect(accepted().previous).toBe(OLD);
    const ran = await run(['token', 'revoke', '--yes']);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('within a minute') });
    expect(accepted()).toEqual({ current, previous: undefined });
  });

  test('changes nothing when there is none', async () => {
    const { stdout, code } = await run(['token', 'revoke', '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { revoked: false }]);
    expect(accepted()).toEqual({ current: OLD, previous: undefined });
  });
});

test('send posts to the URL that url prints, and sends the token nowhere else', async () => {
  const { stdout } = await run(['url']);
  await run(['send', '--yes']);
  const { pathname } = new URL(stdout.trim());
  expect(deployed.posted).toEqual([{ path: pathname, authorization: undefined }]);
});

describe.each(['ab/cd+ef==', 'a b', 'a%2Fb', 'tök', '..', 'a?b', 'a#b'])(
  'a token that does not fit a URL: %s',
  (token) => {
    test.each(['url', 'send', 'status'])(
      '%s refuses it, and says how to make one',
      async (name) => {
        deployed.queues.gateway.secrets.put('token', token);
        const { code, stdout, stderr } = await run([name]);
        expect(code).toBe(1);
        const text = stdout + stderr;
        expect(text).toContain('make another one with: ./bridge token rotate.');
        expect(text).not.toContain(token === '..' ? '/..' : token);
        expect(deployed.posted).toEqual([]);
      },
    );
  },
);
