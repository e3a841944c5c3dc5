import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/markdown.ts';

const BRIDGE = join(ROOT, 'bridge');

/** The commands of a system without any Node. */
const WITHOUT_NODE = { PATH: '/usr/bin:/bin' };

describe('./bridge', () => {
  test('runs a command from another folder, without a Node of the machine', () => {
    const { status, stdout, stderr } = spawnSync(BRIDGE, ['dlq', 'list', '--help'], {
      cwd: tmpdir(),
      env: WITHOUT_NODE,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: ./bridge dlq list');
  });

  test('passes the exit code on', () => {
    const { status } = spawnSync(BRIDGE, ['dlq', 'lst'], { env: WITHOUT_NODE });
    expect(status).toBe(2);
  });

  test('says what to run before the packages are installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-packages-'));
    try {
      copyFileSync(BRIDGE, join(folder, 'bridge'));
      const { status, stderr } = spawnSync(join(folder, 'bridge'), [], { encoding: 'utf8' });
      expect(status).toBe(2);
      expect(stderr).toContain('npm ci');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
